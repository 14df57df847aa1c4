// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Files and connections for tests, and the counters of the module. */
final class Peers implements AutoCloseable {
  static final int BIG = 24 << 20;

  /** The end that sends. */
  final SocketChannel near;

  /** The end that reads. */
  final SocketChannel far;

  Peers() throws IOException {
    try (ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      far = SocketChannel.open(listener.getLocalAddress());
      near = listener.accept();
    }
  }

  @Override
  public void close() throws IOException {
    near.close();
    far.close();
  }

  static byte[] content(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return content;
  }

  /** A file with that content, which goes when it is closed. */
  static FileChannel file(byte[] content) throws Exception {
    Path path = Files.write(Files.createTempFile(Path.of("."), "content", ""), content);
    // Times of a file are those of the clock's last tick: no later write, no CHANGED.
    Thread.sleep(20);
    return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE);
  }

  /** Reads so many bytes, or to the end, in a thread of its own. */
  static CompletableFuture<byte[]> read(SocketChannel from, int most) {
    ByteBuffer got = ByteBuffer.allocate(most);
    CompletableFuture<byte[]> all = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                while (got.hasRemaining() && from.read(got) >= 0) {}
                all.complete(java.util.Arrays.copyOf(got.array(), got.position()));
              } catch (IOException e) {
                all.completeExceptionally(e);
              }
            });
    return all;
  }

  static long counter(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/zcopy/stats"))) {
      if (line.startsWith(name + " ")) {
        return Long.parseLong(line.substring(name.length() + 1).trim());
      }
    }
    throw new IOException("no counter " + name);
  }

  /** Whether no transfer is live, soon. */
  static boolean atRest() throws Exception {
    for (int i = 0; i < 2000 && counter("transfers_active") > 0; i++) {
      Thread.sleep(10);
    }
    return counter("transfers_active") == 0;
  }
}
