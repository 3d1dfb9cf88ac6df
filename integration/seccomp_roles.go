// What Go programs do with the network, over net and net/http. Roles:
//
//	get URL FILE        fetches it
//	many URL WANTED     100 at once, over connections of their own
//	serve ADDRESS DIR   an HTTP server
//	echo ADDRESS        UDP: sends each datagram back, with its source
//	ask ADDRESS TEXT    UDP: connected
//	names NAME          Go's own resolver
//	refused ADDRESS     what connect says
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func get(url, path string) {
	response, err := http.Get(url)
	check(err)
	file, err := os.Create(path)
	check(err)
	_, err = io.Copy(file, response.Body)
	check(err)
	fmt.Println(response.StatusCode, response.ContentLength)
}

func many(url, wanted string) {
	const count = 100
	client := http.Client{
		Transport: &http.Transport{DisableKeepAlives: true},
		Timeout:   30 * time.Second,
	}
	done := make(chan string)
	for i := 0; i < count; i++ {
		go func() {
			response, err := client.Get(url)
			if err != nil {
				done <- err.Error()
				return
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil {
				done <- err.Error()
				return
			}
			done <- string(body)
		}()
	}
	good := 0
	for i := 0; i < count; i++ {
		if got := <-done; got == wanted+"\n" {
			good++
		} else {
			fmt.Println(got)
		}
	}
	fmt.Println(good, "of", count)
}

func serve(address, directory string) {
	files := http.FileServer(http.Dir(directory))
	http.HandleFunc("/whoami", func(w http.ResponseWriter, r *http.Request) {
		local := r.Context().Value(http.LocalAddrContextKey)
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintln(w, host, "to", local)
	})
	http.Handle("/", files)
	check(http.ListenAndServe(address, nil))
}

func echo(address string) {
	socket, err := net.ListenPacket("udp", address)
	check(err)
	fmt.Println("listens on", socket.LocalAddr())
	buffer := make([]byte, 2048)
	for {
		n, peer, err := socket.ReadFrom(buffer)
		check(err)
		host, _, _ := net.SplitHostPort(peer.String())
		answer := fmt.Sprintf("%s from %s", buffer[:n], host)
		_, err = socket.WriteTo([]byte(answer), peer)
		check(err)
	}
}

func ask(address, text string) {
	socket, err := net.Dial("udp", address)
	check(err)
	socket.SetDeadline(time.Now().Add(10 * time.Second))
	_, err = socket.Write([]byte(text))
	check(err)
	buffer := make([]byte, 2048)
	n, err := socket.Read(buffer)
	check(err)
	fmt.Println(string(buffer[:n]))
}

func names(name string) {
	addresses, err := net.LookupHost(name)
	check(err)
	fmt.Println(addresses)
	interfaces, err := net.Interfaces()
	check(err)
	for _, i := range interfaces {
		own, _ := i.Addrs()
		fmt.Println(i.Name, own)
	}
}

func refused(address string) {
	_, err := net.Dial("tcp", address)
	fmt.Println(err)
}

func main() {
	arguments := os.Args[1:]
	switch {
	case len(arguments) == 3 && arguments[0] == "get":
		get(arguments[1], arguments[2])
	case len(arguments) == 3 && arguments[0] == "many":
		many(arguments[1], arguments[2])
	case len(arguments) == 3 && arguments[0] == "serve":
		serve(arguments[1], arguments[2])
	case len(arguments) == 2 && arguments[0] == "echo":
		echo(arguments[1])
	case len(arguments) == 3 && arguments[0] == "ask":
		ask(arguments[1], arguments[2])
	case len(arguments) == 2 && arguments[0] == "names":
		names(arguments[1])
	case len(arguments) == 2 && arguments[0] == "refused":
		refused(arguments[1])
	default:
		fmt.Println("which role?")
		os.Exit(2)
	}
}
