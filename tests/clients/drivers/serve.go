// SPDX-License-Identifier: Apache-2.0

// Sends the certificates of files as they are, however odd, to whoever connects. Per line of standard
// input, "CHAIN KEY": says on which port of 127.0.0.1; an empty line: says what alerts came since the
// last one, as {"address": "text"}. Ends with its standard input.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

var (
	lock   sync.Mutex
	alerts = map[string]string{}
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

func note(address string, err error) {
	_, alert, found := strings.Cut(err.Error(), "remote error: tls: ")
	if !found {
		return
	}
	lock.Lock()
	defer lock.Unlock()
	alerts[address] = alert
}

func answer(address string, raw net.Conn, config *tls.Config) {
	connection := tls.Server(raw, config)
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(20 * time.Second))
	if err := connection.Handshake(); err != nil {
		note(address, err)
		return
	}
	for in := bufio.NewReader(connection); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			note(address, err) // TLS 1.3 lets a client judge after the handshake
			return
		}
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	fmt.Fprint(connection, "HTTP/1.0 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\ncertwhy lab\n")
}

func serve(chain, key string) (string, error) {
	private, err := x509.ParsePKCS8PrivateKey(blocks(key)[0])
	if err != nil {
		return "", err
	}
	certificate := tls.Certificate{Certificate: blocks(chain), PrivateKey: private}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	address := listener.Addr().String()
	go func() {
		for {
			raw, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(address, raw, config)
		}
	}()
	return address, nil
}

func tell() {
	lock.Lock()
	defer lock.Unlock()
	line, _ := json.Marshal(alerts)
	fmt.Println(string(line))
	alerts = map[string]string{}
}

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		files := strings.Fields(lines.Text())
		if len(files) != 2 {
			tell()
			continue
		}
		address, err := serve(files[0], files[1])
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(address)
	}
}
