// SPDX-License-Identifier: GPL-2.0
// Sends files in the ways that Java has: FileChannel.transferTo to blocking and
// non-blocking channels, mapped and direct buffers; merges files as Spark does.
import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;

class Transfer {
	static void all(FileChannel f, SocketChannel s, long chunk) throws Exception {
		long at = 0, size = f.size();
		Selector sel = null;
		while (at < size) {
			long n = f.transferTo(at, Math.min(chunk, size - at), s);
			at += n;
			if (n == 0 && !s.isBlocking()) {
				if (sel == null) {
					sel = Selector.open();
					s.register(sel, SelectionKey.OP_WRITE);
				}
				sel.select();
				sel.selectedKeys().clear();
			}
		}
		if (f.position() != 0)
			throw new Exception("the position moved");
	}

	static void write(SocketChannel s, ByteBuffer b) throws Exception {
		while (b.hasRemaining())
			s.write(b);
	}

	static void serve(SocketChannel s) throws Exception {
		BufferedReader in = new BufferedReader(new InputStreamReader(Channels.newInputStream(s)));
		String[] words = in.readLine().split(" ");
		try (FileChannel f = FileChannel.open(Path.of(words[1]))) {
			switch (words[0]) {
			case "transfer":
				all(f, s, Long.MAX_VALUE);
				break;
			case "chunks":
				all(f, s, 100000);
				break;
			case "nonblocking":
				s.configureBlocking(false);
				all(f, s, Long.MAX_VALUE);
				break;
			case "mapped":
				write(s, f.map(FileChannel.MapMode.READ_ONLY, 0, f.size()));
				break;
			case "direct":
				ByteBuffer b = ByteBuffer.allocateDirect(65536);
				while (f.read(b.clear()) > 0)
					write(s, b.flip());
				break;
			}
		}
	}

	// As UnsafeShuffleWriter merges spills: the position is checked after each.
	static void merge(String to, String... from) throws Exception {
		try (FileChannel out = FileChannel.open(Path.of(to), StandardOpenOption.CREATE,
				StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
			long want = 0;
			for (String name : from) {
				try (FileChannel in = FileChannel.open(Path.of(name))) {
					long size = in.size(), at = 0;
					while (at < size)
						at += in.transferTo(at, size - at, out);
					want += size;
					if (out.position() != want)
						throw new Exception("position " + out.position() + ", not " + want);
				}
			}
		}
	}

	public static void main(String[] args) throws Exception {
		if (args[0].equals("merge") && args.length == 1) {
			merge("merged", "big", "small", "big");
			return;
		}
		if (args[0].equals("merge")) { // one file, again and again
			for (int n = Integer.parseInt(args[2]); n > 0; n--)
				merge("merged", args[1]);
			return;
		}
		ServerSocketChannel l = ServerSocketChannel.open();
		l.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
		for (;;) {
			try (SocketChannel s = l.accept()) {
				serve(s);
			} catch (NullPointerException e) {
				// A client that only looked whether we are there
			}
		}
	}
}
