// SPDX-License-Identifier: Apache-2.0

// serve CHAIN KEY: sends the certificates of CHAIN as they are, however odd, to whoever connects.
// Says on which port of 127.0.0.1, and ends with its standard input.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func blocks(file string) (found [][]byte) {
	data, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		found = append(found, block.Bytes)
	}
	return found
}

func main() {
	key, err := x509.ParsePKCS8PrivateKey(blocks(os.Args[2])[0])
	if err != nil {
		log.Fatal(err)
	}
	certificate := tls.Certificate{Certificate: blocks(os.Args[1]), PrivateKey: key}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "certwhy lab") })
	server := &http.Server{Handler: page, ErrorLog: log.New(io.Discard, "", 0)}
	server.SetKeepAlivesEnabled(false)
	go server.Serve(listener)
	io.Copy(io.Discard, os.Stdin)
}
