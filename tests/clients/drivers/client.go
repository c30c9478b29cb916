// SPDX-License-Identifier: Apache-2.0

// Visits one server per line of standard input, and says how net/http took it.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

type visit struct {
	URL  string `json:"url"`
	Host string `json:"host"`
	Port int    `json:"port"`
	CA   string `json:"ca"`
	At   string `json:"at"`
}

type answer struct {
	Accepts bool   `json:"accepts"`
	Message string `json:"message"`
}

func (v visit) client() (*http.Client, error) {
	pem, err := os.ReadFile(v.CA)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(pem)
	if v.At != "" {
		at, err := time.Parse(time.RFC3339, v.At)
		if err != nil {
			return nil, err
		}
		config.Time = func() time.Time { return at }
	}
	address := net.JoinHostPort(v.Host, fmt.Sprint(v.Port))
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	transport := &http.Transport{TLSClientConfig: config, DialContext: dial, DisableKeepAlives: true}
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}, nil
}

func (v visit) make() answer {
	client, err := v.client()
	if err != nil {
		return answer{Message: err.Error()}
	}
	response, err := client.Get(v.URL)
	if err != nil {
		return answer{Message: err.Error()}
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return answer{Accepts: true}
}

func main() {
	status := 0
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var v visit
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		made := v.make()
		out.Encode(made)
		if !made.Accepts {
			status = 1
		}
	}
	os.Exit(status)
}
