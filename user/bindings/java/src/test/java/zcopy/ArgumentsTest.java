// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What needs no module: arguments, encoding, descriptors. */
public final class ArgumentsTest {
  private ArgumentsTest() {}

  private static final Path SELF = Path.of("/proc/self/fd");

  private static String target(int fd) throws Exception {
    return Files.readSymbolicLink(SELF.resolve(fd + "")).toString();
  }

  /** The numbers lead to what the channels are. */
  public static void descriptorsAreThoseOfTheChannels() throws Exception {
    Path path = Path.of("/etc/passwd");
    try (FileChannel file = FileChannel.open(path);
        ServerSocketChannel listener = ServerSocketChannel.open()) {
      Ktap.is(target(Native.descriptor(file)), path.toRealPath().toString());
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (SocketChannel socket = SocketChannel.open(listener.getLocalAddress())) {
        Ktap.yes(target(Native.descriptor(socket)).startsWith("socket:"), socket);
      }
    }
  }

  /** Ranges and times that cannot be meant. */
  public static void badArgumentsAreRefused() throws Exception {
    try (SocketChannel socket = SocketChannel.open();
        FileChannel file = FileChannel.open(Path.of("/etc/passwd"))) {
      Request request = Request.to(socket);
      for (long[] bad :
          List.of(new long[] {-1, 0}, new long[] {0, -1}, new long[] {9, -1L >>> 1})) {
        Ktap.fails(IllegalArgumentException.class, () -> request.file(file, bad[0], bad[1]));
      }
      request.file(file, 1, Long.MAX_VALUE - 1);
      Duration negative = Duration.ofNanos(-1);
      Ktap.fails(IllegalArgumentException.class, () -> request.idle(negative));
      Ktap.fails(IllegalArgumentException.class, () -> request.deadline(negative));
      Ktap.fails(NullPointerException.class, () -> request.file(null, 0, 1));
      Ktap.fails(NullPointerException.class, () -> Request.to(null));
    }
    Ktap.is(Request.nanos(Duration.ZERO), 1L);
    Ktap.is(Request.nanos(Duration.ofMillis(2)), 2_000_000L);
    Ktap.is(Request.nanos(Duration.ofSeconds(Long.MAX_VALUE)), Long.MAX_VALUE);
  }

  /** The struct says what the request says. */
  public static void requestsAreEncoded() throws Exception {
    try (SocketChannel socket = SocketChannel.open();
        FileChannel file = FileChannel.open(Path.of("/etc/passwd"));
        Arena arena = Arena.ofConfined()) {
      ByteBuffer bytes = ByteBuffer.wrap("0123456789".getBytes()).position(2).limit(5);
      Request request =
          Request.to(socket)
              .memory(bytes)
              .memory(ByteBuffer.allocate(0))
              .file(file, 7, 8)
              .flag(Request.Flag.MORE)
              .flag(Request.Flag.AS_READ)
              .until(Request.Until.ACKED)
              .end(Request.End.SHUTDOWN);
      MemorySegment send = request.encode(arena, 77);
      Ktap.is(bytes.position(), 2);
      Ktap.is(Struct.SEND.getInt(send, "nr_elems"), 2);
      Ktap.is(Struct.SEND.getInt(send, "flags"), 1 << 6 | 1 << 8);
      Ktap.is(Struct.SEND.getInt(send, "until"), 1);
      Ktap.is(Struct.SEND.getInt(send, "end"), 2);
      Ktap.is(Struct.SEND.getLong(send, "cookie"), 77L);
      MemorySegment elems = at(Struct.SEND.getLong(send, "elems"), 2L * Struct.ELEM.size());
      MemorySegment memory = Struct.ELEM.element(elems, 0);
      Ktap.is(Struct.ELEM.getLong(memory, "len"), 3L);
      MemorySegment copy = at(Struct.ELEM.getLong(memory, "off"), 3);
      Ktap.is(new String(copy.toArray(ValueLayout.JAVA_BYTE)), "234");
      MemorySegment range = Struct.ELEM.element(elems, 1);
      Ktap.is(Struct.ELEM.getInt(range, "fd"), Native.descriptor(file));
      Ktap.is(Struct.ELEM.getLong(range, "off"), 7L);
      Ktap.is(Struct.ELEM.getLong(range, "len"), 8L);
    }
  }

  @SuppressWarnings("restricted")
  private static MemorySegment at(long address, long size) {
    return MemorySegment.ofAddress(address).reinterpret(size);
  }

  /** Results that have not sent all are failures that say how much. */
  public static void resultsSayHowMuch() throws Exception {
    Result done = new Result(1, Result.Status.CHANGED, 0, 9, 9, 9, 0, Duration.ZERO);
    Ktap.is(done.complete(), 9L);
    Result failed = new Result(1, Result.Status.SOCKET_ERROR, 32, 9, 5, 5, 0, Duration.ZERO);
    ZcopyException e = Ktap.fails(ZcopyException.class, failed::complete);
    Ktap.is(e.errno(), 32);
    Ktap.is(e.getMessage(), "SOCKET_ERROR after 5 of 9 bytes: Broken pipe");
    Ktap.is(Result.Status.of(77), Result.Status.UNKNOWN);
    Ktap.is(Result.Status.of(-1), Result.Status.UNKNOWN);
  }

  /** Without the module. */
  public static void missingModulesAreTold() throws Exception {
    if (!Files.exists(Path.of("/dev/zcopy"))) {
      Ktap.is(Ktap.fails(NoSuchFileException.class, Zcopy::open).getMessage(), "/dev/zcopy");
    }
  }
}
