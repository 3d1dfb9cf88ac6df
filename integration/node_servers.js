// http, net and cluster of node, as servers; http and net as clients.
'use strict';
const cluster = require('cluster');
const fs = require('fs');
const http = require('http');
const net = require('net');

const [role, host, argument] = process.argv.slice(2);

function http_server() {
	http.createServer((request, response) => {
		if (request.method === 'PUT') {
			request.pipe(response);
		} else {
			response.setHeader('X-Pid', process.pid);
			fs.createReadStream(argument).pipe(response);
		}
	}).listen(8080, host);
}

const roles = {
	http: http_server,
	cluster() {
		if (!cluster.isPrimary)
			return http_server();
		for (let i = 0; i < 3; i++)
			cluster.fork();
	},
	net() {
		net.createServer({ allowHalfOpen: true }, (s) => s.pipe(s))
			.listen(7007, host);
	},
	get() {
		http.get(`http://${host}/${argument}`,
			 (response) => response.pipe(process.stdout));
	},
	echo() {
		const s = net.connect(7007, host);
		process.stdin.pipe(s);
		s.pipe(process.stdout);
	},
	async fetch() {
		const all = Array.from({ length: 50 }, (_, i) =>
			fetch(`http://${host}/many/${i + 1}`)
				.then((r) => r.arrayBuffer())
				.then((b) => fs.writeFileSync(`${argument}/${i + 1}`,
							      Buffer.from(b))));
		await Promise.all(all);
	},
};
roles[role]();
