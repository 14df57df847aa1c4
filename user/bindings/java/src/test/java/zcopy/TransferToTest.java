// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The twin of FileChannel.transferTo; needs the module. */
@SuppressWarnings("try") // close() is what is tested
public final class TransferToTest {
  private TransferToTest() {}

  /** Byte for byte, by reference, without moving the position. */
  public static void bytesArrive() throws Exception {
    byte[] content = Peers.content(3 << 20);
    try (Zcopy zcopy = Zcopy.open();
        FileChannel file = Peers.file(content);
        Peers peers = new Peers()) {
      CompletableFuture<byte[]> got = Peers.read(peers.far, content.length);
      long before = Peers.counter("bytes_by_ref");
      Ktap.is(zcopy.transferTo(file, 5, content.length, peers.near), content.length - 5L);
      Ktap.is(file.position(), 0L);
      peers.near.shutdownOutput();
      byte[] want = Arrays.copyOfRange(content, 5, content.length);
      Ktap.yes(Arrays.equals(got.get(), want), "content");
      Ktap.yes(Peers.counter("bytes_by_ref") >= before + want.length, "by reference");
    }
  }

  /** As transferTo of the JDK: fewer bytes, or none, at the end of the file. */
  public static void countsAreShortAtTheEnd() throws Exception {
    try (Zcopy zcopy = Zcopy.open();
        FileChannel file = Peers.file(Peers.content(100));
        Peers peers = new Peers()) {
      for (long[] range :
          new long[][] {{90, 50}, {100, 1}, {200, 1}, {0, 0}, {99, Long.MAX_VALUE}, {10, 20}}) {
        Ktap.is(
            zcopy.transferTo(file, range[0], range[1], peers.near),
            file.transferTo(range[0], range[1], peers.near));
      }
    }
  }

  /** A full socket takes a part, then nothing. */
  public static void nonBlockingSocketsTakeWhatTheyCan() throws Exception {
    byte[] content = Peers.content(Peers.BIG);
    try (Zcopy zcopy = Zcopy.open();
        FileChannel file = Peers.file(content);
        Peers peers = new Peers()) {
      peers.near.configureBlocking(false);
      long at = zcopy.transferTo(file, 0, content.length, peers.near);
      Ktap.yes(at > 0 && at < content.length, at);
      CompletableFuture<byte[]> got = Peers.read(peers.far, content.length);
      while (at < content.length) {
        long n = zcopy.transferTo(file, at, content.length - at, peers.near);
        at += n;
        if (n == 0) {
          Thread.sleep(1);
        }
      }
      Ktap.yes(Arrays.equals(got.get(), content), "content");
    }
  }

  /** Exceptions as those of the JDK. */
  public static void badCallsFail() throws Exception {
    try (Zcopy zcopy = Zcopy.open();
        FileChannel file = Peers.file(new byte[9]);
        FileChannel written =
            FileChannel.open(
                Path.of("written"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        SocketChannel fresh = SocketChannel.open();
        Peers peers = new Peers()) {
      Class<IllegalArgumentException> wrong = IllegalArgumentException.class;
      Ktap.fails(wrong, () -> zcopy.transferTo(file, -1, 1, peers.near));
      Ktap.fails(wrong, () -> zcopy.transferTo(file, 1, -1, peers.near));
      Ktap.fails(NotYetConnectedException.class, () -> zcopy.transferTo(file, 0, 1, fresh));
      Class<ZcopyException> refused = ZcopyException.class;
      Ktap.is(Ktap.fails(refused, () -> zcopy.transferTo(written, 0, 1, peers.near)).errno(), 9);
      peers.near.shutdownOutput();
      Ktap.is(Ktap.fails(refused, () -> zcopy.transferTo(file, 0, 1, peers.near)).errno(), 32);
      peers.near.close();
      Class<ClosedChannelException> closed = ClosedChannelException.class;
      Ktap.fails(closed, () -> zcopy.transferTo(file, 0, 1, peers.near));
      zcopy.close();
      Ktap.fails(closed, () -> zcopy.transferTo(file, 0, 1, peers.far));
    }
  }

  /** The end of the device ends a call that waits for its peer. */
  public static void closeEndsACallThatWaits() throws Exception {
    byte[] content = Peers.content(Peers.BIG);
    try (Zcopy zcopy = Zcopy.open();
        FileChannel file = Peers.file(content);
        Peers peers = new Peers()) {
      CompletableFuture<Long> sent = new CompletableFuture<>();
      Thread.ofPlatform()
          .start(
              () -> {
                try {
                  sent.complete(zcopy.transferTo(file, 0, content.length, peers.near));
                } catch (Exception e) {
                  sent.completeExceptionally(e);
                }
              });
      Thread.sleep(300);
      zcopy.close();
      long n = sent.get(20, TimeUnit.SECONDS);
      Ktap.yes(n > 0 && n < content.length, n);
      Ktap.yes(Peers.atRest(), "at rest");
    }
  }
}
