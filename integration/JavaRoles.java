// Servers and clients of each of Java's ways to the network.
//
//   JavaRoles servers FILE
//   JavaRoles clients FILE FOLDER HOST...    FOLDER/HOST/WAY
//   JavaRoles get URL FOLDER [CA]            FOLDER/1 ... 50, all at once
//   JavaRoles names HOST
import com.sun.net.httpserver.HttpServer;
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.*;
import java.util.concurrent.*;
import javax.net.ssl.*;

public class JavaRoles {
	static final int THREADS = 7001, SELECTOR = 7002, ASYNC = 7003,
			 DATAGRAM = 7004, HTTP = 8080;

	// ---------------------------------------------------------- servers

	static void spawn(Callable<?> task) {
		new Thread(() -> {
			try {
				task.call();
			} catch (Exception e) {
				e.printStackTrace();
			}
		}).start();
	}

	// A thread a connection: ServerSocket and streams.
	static Void threads(ServerSocket server) throws IOException {
		for (;;) {
			Socket s = server.accept();
			spawn(() -> {
				try (s) {
					s.getInputStream().transferTo(
						s.getOutputStream());
				}
				return null;
			});
		}
	}

	// One thread, one selector: a buffer is read full, then written empty.
	static Void selector(ServerSocketChannel server) throws IOException {
		Selector selector = Selector.open();

		server.configureBlocking(false);
		server.register(selector, SelectionKey.OP_ACCEPT);
		for (;;) {
			selector.select();
			for (SelectionKey key : selector.selectedKeys()) {
				if (key.isAcceptable()) {
					SocketChannel c = server.accept();

					c.configureBlocking(false);
					c.register(selector, SelectionKey.OP_READ,
						   ByteBuffer.allocateDirect(65536));
				} else {
					move(key);
				}
			}
			selector.selectedKeys().clear();
		}
	}

	static void move(SelectionKey key) throws IOException {
		SocketChannel c = (SocketChannel) key.channel();
		ByteBuffer buffer = (ByteBuffer) key.attachment();

		if (key.isReadable()) {
			if (c.read(buffer.clear()) < 0) {
				c.close();
				return;
			}
			buffer.flip();
		}
		c.write(buffer);
		key.interestOps(buffer.hasRemaining() ? SelectionKey.OP_WRITE
						      : SelectionKey.OP_READ);
	}

	// Completions, by a pool of threads.
	static void async(AsynchronousServerSocketChannel server) {
		server.accept(null, new CompletionHandler<>() {
			public void completed(AsynchronousSocketChannel c, Object o) {
				server.accept(null, this);
				new Echo(c).read();
			}
			public void failed(Throwable e, Object o) {
				e.printStackTrace();
			}
		});
	}

	static class Echo implements CompletionHandler<Integer, Boolean> {
		final AsynchronousSocketChannel c;
		final ByteBuffer buffer = ByteBuffer.allocate(65536);

		Echo(AsynchronousSocketChannel c) {
			this.c = c;
		}
		void read() {
			c.read(buffer.clear(), true, this);
		}
		public void completed(Integer n, Boolean wasRead) {
			if (n < 0)
				failed(null, wasRead);
			else if (wasRead)
				c.write(buffer.flip(), false, this);
			else if (buffer.hasRemaining())
				c.write(buffer, false, this);
			else
				read();
		}
		public void failed(Throwable e, Boolean wasRead) {
			try {
				c.close();
			} catch (IOException e2) {
			}
		}
	}

	static Void datagram(DatagramSocket s) throws IOException {
		DatagramPacket p = new DatagramPacket(new byte[65536], 65536);

		for (;;) {
			p.setLength(65536);
			s.receive(p);
			s.send(p);
		}
	}

	static void http(Path file) throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress(HTTP), 64);

		server.setExecutor(Executors.newFixedThreadPool(8));
		server.createContext("/", (x) -> {
			x.getResponseHeaders().set("X-Peer", x.getRemoteAddress()
					.getAddress().getHostAddress());
			byte[] put = x.getRequestBody().readAllBytes();
			x.sendResponseHeaders(200, 0);
			try (OutputStream out = x.getResponseBody()) {
				if (x.getRequestMethod().equals("GET"))
					Files.copy(file, out);
				else
					out.write(put);
			}
		});
		server.start();
	}

	static void servers(Path file) throws Exception {
		ServerSocket server = new ServerSocket(THREADS);
		var channel = ServerSocketChannel.open()
			.bind(new InetSocketAddress(SELECTOR));
		var later = AsynchronousServerSocketChannel.open()
			.bind(new InetSocketAddress(ASYNC));
		DatagramSocket messages = new DatagramSocket(DATAGRAM);

		spawn(() -> threads(server));
		spawn(() -> selector(channel));
		spawn(() -> datagram(messages));
		async(later);
		http(file);
	}

	// ---------------------------------------------------------- clients

	interface Echoer {
		void echo(InetSocketAddress server, byte[] data, OutputStream out)
			throws Exception;
	}

	static void plain(InetSocketAddress to, byte[] data, OutputStream out)
			throws Exception {
		try (Socket s = new Socket()) {
			s.setTcpNoDelay(true);
			s.connect(to, 10000);
			s.setSoTimeout(20000);
			spawn(() -> {
				s.getOutputStream().write(data);
				s.shutdownOutput();
				return null;
			});
			s.getInputStream().transferTo(out);
		}
	}

	// connect() in the background, then both ways by one thread.
	static void selecting(InetSocketAddress to, byte[] data, OutputStream out)
			throws Exception {
		ByteBuffer sends = ByteBuffer.wrap(data);
		ByteBuffer got = ByteBuffer.allocate(65536);
		SocketChannel c = SocketChannel.open();
		Selector selector = Selector.open();
		SelectionKey key;

		c.configureBlocking(false);
		if (c.connect(to))
			key = c.register(selector, SelectionKey.OP_READ |
						   SelectionKey.OP_WRITE);
		else
			key = c.register(selector, SelectionKey.OP_CONNECT);
		for (;;) {
			selector.select();
			selector.selectedKeys().clear();
			if (key.isConnectable()) {
				c.finishConnect();
				key.interestOps(SelectionKey.OP_READ |
						SelectionKey.OP_WRITE);
				continue;
			}
			if (key.isWritable()) {
				c.write(sends);
				if (!sends.hasRemaining()) {
					c.shutdownOutput();
					key.interestOps(SelectionKey.OP_READ);
				}
			}
			if (key.isReadable()) {
				if (c.read(got.clear()) < 0)
					break;
				out.write(got.array(), 0, got.position());
			}
		}
		c.close();
	}

	static void later(InetSocketAddress to, byte[] data, OutputStream out)
			throws Exception {
		try (var c = AsynchronousSocketChannel.open()) {
			ByteBuffer sends = ByteBuffer.wrap(data);
			ByteBuffer got = ByteBuffer.allocate(65536);

			c.connect(to).get();
			spawn(() -> {
				while (sends.hasRemaining())
					c.write(sends).get();
				c.shutdownOutput();
				return null;
			});
			while (c.read(got.clear()).get() >= 0)
				out.write(got.array(), 0, got.position());
		}
	}

	// One datagram after the other, each sent again until it comes back.
	static void messages(InetSocketAddress to, byte[] data, OutputStream out)
			throws Exception {
		DatagramPacket p = new DatagramPacket(new byte[65536], 65536);

		try (DatagramSocket s = new DatagramSocket()) {
			s.connect(to);
			s.setSoTimeout(1000);
			for (int i = 0; i < 100000; i += 10000) {
				s.send(new DatagramPacket(data, i, 10000));
				try {
					p.setLength(65536);
					s.receive(p);
					out.write(p.getData(), 0, p.getLength());
				} catch (SocketTimeoutException e) {
					i -= 10000;
				}
			}
		}
	}

	static void refused(InetSocketAddress to, byte[] data, OutputStream out)
			throws Exception {
		for (Echoer way : List.<Echoer>of(JavaRoles::plain,
				JavaRoles::selecting, JavaRoles::later)) {
			try {
				way.echo(to, data, out);
			} catch (ConnectException e) {
				out.write("refused ".getBytes());
			} catch (ExecutionException e) {
				out.write("refused ".getBytes());
			}
		}
	}

	static void put(InetSocketAddress to, byte[] data, OutputStream out)
			throws Exception {
		var response = HttpClient.newHttpClient().send(
			HttpRequest.newBuilder(URI.create("http://" +
					(to.getAddress() instanceof Inet6Address
						? "[" + to.getHostString() + "]"
						: to.getHostString()) +
					":" + HTTP + "/"))
				.PUT(HttpRequest.BodyPublishers.ofByteArray(data))
				.build(),
			HttpResponse.BodyHandlers.ofByteArray());

		out.write(response.body());
	}

	static void clients(Path file, Path all, String host)
			throws Exception {
		byte[] data = Files.readAllBytes(file);
		Path folder = Files.createDirectory(all.resolve(host));

		run(JavaRoles::plain, host, THREADS, data, folder, "Socket");
		run(JavaRoles::selecting, host, SELECTOR, data, folder, "Selector");
		run(JavaRoles::later, host, ASYNC, data, folder, "asynchronous");
		run(JavaRoles::put, host, HTTP, data, folder, "HttpClient");
		run(JavaRoles::messages, host, DATAGRAM, data, folder, "datagrams");
		run(JavaRoles::refused, host, 9, data, folder, "refused");
	}

	static void run(Echoer way, String host, int port, byte[] data,
			Path folder, String name) {
		try (OutputStream out = new BufferedOutputStream(
				Files.newOutputStream(folder.resolve(name)))) {
			way.echo(new InetSocketAddress(host, port), data, out);
		} catch (Exception e) {
			System.err.println(name + ": " + e);
		}
	}

	static SSLContext trusting(String ca) throws Exception {
		SSLContext context = SSLContext.getInstance("TLS");
		var trust = TrustManagerFactory.getInstance("PKIX");
		KeyStore store = KeyStore.getInstance("PKCS12");

		store.load(null, null);
		try (InputStream in = new FileInputStream(ca)) {
			store.setCertificateEntry("ca", CertificateFactory
				.getInstance("X.509").generateCertificate(in));
		}
		trust.init(store);
		context.init(null, trust.getTrustManagers(), null);
		return context;
	}

	static void get(String url, Path folder, String ca) throws Exception {
		HttpClient client = HttpClient.newBuilder()
			.sslContext(ca == null ? SSLContext.getDefault()
					       : trusting(ca)).build();
		var all = new ArrayList<CompletableFuture<?>>();

		for (int i = 1; i <= 50; i++)
			all.add(client.sendAsync(
				HttpRequest.newBuilder(URI.create(url + i)).build(),
				HttpResponse.BodyHandlers.ofFile(
					folder.resolve("" + i))));
		all.forEach(CompletableFuture::join);
		System.exit(0);
	}

	// What Java sees of the network that it is on.
	static void names(String host) throws Exception {
		var all = new TreeSet<String>();

		for (var i : Collections.list(NetworkInterface.getNetworkInterfaces()))
			for (var a : Collections.list(i.getInetAddresses()))
				if (!a.isLinkLocalAddress())
					all.add(a.getHostAddress()
						.replaceAll("%.*", ""));
		System.out.println(String.join(" ", all));
		for (var a : InetAddress.getAllByName(host))
			System.out.println(a.getHostAddress());
	}

	public static void main(String[] a) throws Exception {
		switch (a[0]) {
		case "servers" -> servers(Path.of(a[1]));
		case "clients" -> {
			for (int i = 3; i < a.length; i++)
				clients(Path.of(a[1]), Path.of(a[2]), a[i]);
			System.exit(0);
		}
		case "get" -> get(a[1], Path.of(a[2]), a.length > 3 ? a[3] : null);
		case "names" -> names(a[1]);
		}
	}
}
