// SPDX-License-Identifier: Apache-2.0
// load FOLDER…: loads chain.pem and key.pem as a server would, verifies them against ca.pem as a
// client would, for the name in the file "name". A line per folder: "ok" or what Go says.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func load(folder string) error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "chain.pem"), filepath.Join(folder, "key.pem"))
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	for _, der := range pair.Certificate[1:] {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		options.Intermediates.AddCert(certificate)
	}
	roots, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil {
		return err
	}
	options.Roots.AppendCertsFromPEM(roots)
	name, err := os.ReadFile(filepath.Join(folder, "name"))
	if err != nil {
		return err
	}
	options.DNSName = strings.TrimSpace(string(name))
	_, err = leaf.Verify(options)
	return err
}

func main() {
	folders := bufio.NewScanner(os.Stdin)
	for folders.Scan() {
		if err := load(folders.Text()); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
