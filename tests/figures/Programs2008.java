// SPDX-License-Identifier: GPL-2.0
// The two programs that an article of 2008 compared: one reads 4 KiB at a time from a file
// and writes them to a socket, the other calls transferTo. For each line with a size on
// standard input it connects, says so, waits for a line, sends that many bytes, waits for
// another line and closes; java.c speaks with it. Times are System.nanoTime(), which is
// CLOCK_MONOTONIC.
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

class Programs2008 {
	static final int BUFFER = 4096;
	static final int PORT = 7777;

	static void traditional(String file, Socket to, long size) throws IOException {
		byte[] buffer = new byte[BUFFER];
		try (DataInputStream in = new DataInputStream(new FileInputStream(file))) {
			DataOutputStream out = new DataOutputStream(to.getOutputStream());
			while (size > 0) {
				int n = in.read(buffer, 0, (int) Math.min(BUFFER, size));
				if (n < 0)
					throw new EOFException(file);
				out.write(buffer, 0, n);
				size -= n;
			}
		}
	}

	static void transfer(String file, WritableByteChannel to, long size) throws IOException {
		try (FileChannel from = FileChannel.open(Path.of(file))) {
			for (long at = 0; at < size; )
				at += from.transferTo(at, size - at, to);
		}
	}

	public static void main(String[] args) throws IOException {
		BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
		boolean transfers = args[0].equals("transfer");
		InetSocketAddress address = new InetSocketAddress(args[2], PORT);
		System.out.println("ready 0");
		for (String line; (line = orders.readLine()) != null; ) {
			long size = Long.parseLong(line);
			try (Socket to = transfers ? SocketChannel.open(address).socket()
					: new Socket(address.getAddress(), PORT)) {
				System.out.println("connected 0");
				orders.readLine();
				long start = System.nanoTime();
				if (transfers)
					transfer(args[1], to.getChannel(), size);
				else
					traditional(args[1], to, size);
				System.out.println("began " + start);
				System.out.println("sent 0");
				orders.readLine();
			}
			System.out.println("closed 0");
		}
	}
}
