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

// A client of TLS 1.3 that has no keys yet sends its alert in the clear (RFC 8446 section 5), which
// crypto/tls takes for a broken record.
type tapped struct {
	net.Conn
	in []byte
}

func (t *tapped) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if len(t.in) < 1<<16 {
		t.in = append(t.in, p[:n]...)
	}
	return n, err
}

func (t *tapped) alert() int {
	for in := t.in; len(in) >= 5; {
		n := int(in[3])<<8 | int(in[4])
		if in[0] == 21 && n == 2 && len(in) >= 7 {
			return int(in[6])
		}
		if len(in) < 5+n {
			break
		}
		in = in[5+n:]
	}
	return -1
}

func note(address string, tap *tapped, err error) {
	_, alert, found := strings.Cut(err.Error(), "remote error: tls: ")
	if number := tap.alert(); number >= 0 {
		alert, found = fmt.Sprint(number), true
	}
	if !found {
		return
	}
	lock.Lock()
	defer lock.Unlock()
	alerts[address] = alert
}

func answer(address string, raw net.Conn, config *tls.Config) {
	tap := &tapped{Conn: raw}
	connection := tls.Server(tap, config)
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(20 * time.Second))
	if err := connection.Handshake(); err != nil {
		note(address, tap, err)
		return
	}
	for in := bufio.NewReader(connection); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			note(address, tap, err) // TLS 1.3 lets a client judge after the handshake
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
