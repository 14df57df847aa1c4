// SPDX-License-Identifier: GPL-2.0 OR MIT
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import zcopy.Request;
import zcopy.Zcopy;

/**
 * A file server with ranges and keep-alive: {@code Serve PORT DIRECTORY}. A virtual thread for each
 * connection waits for requests and for the ends of transfers, without a thread of the system.
 */
final class Serve {
  private static final Pattern GET = Pattern.compile("GET /(\\S+) ");
  private static final Pattern RANGE =
      Pattern.compile("^range: *bytes=(\\d*)-(\\d*)", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

  private static ByteBuffer head(String status, long length) {
    String head = "HTTP/1.1 " + status + "\r\nContent-Length: " + length + "\r\n\r\n";
    return ByteBuffer.wrap(head.getBytes(ISO_8859_1));
  }

  /** Answers one request: header and range are one transfer. */
  private static void answer(Zcopy zcopy, SocketChannel socket, Path root, String asked)
      throws IOException {
    Matcher get = GET.matcher(asked);
    Path path = root.resolve(get.lookingAt() ? get.group(1) : "").normalize();
    Request request = Request.to(socket).flag(Request.Flag.AS_READ).idle(Duration.ofMinutes(1));
    if (!path.startsWith(root) || !Files.isRegularFile(path)) {
      zcopy.submit(request.memory(head("404 Not Found", 0))).join().complete();
      return;
    }
    try (FileChannel file = FileChannel.open(path)) {
      long size = file.size();
      long from = 0;
      long to = size;
      String status = "200 OK";
      Matcher range = RANGE.matcher(asked);
      if (range.find() && !(range.group(1) + range.group(2)).isEmpty()) {
        if (range.group(1).isEmpty()) {
          from = Math.max(0, size - Long.parseLong(range.group(2)));
        } else {
          from = Long.parseLong(range.group(1));
          to = range.group(2).isEmpty() ? size : Math.min(size, Long.parseLong(range.group(2)) + 1);
        }
        if (from >= to) {
          status = "416 No Such Range\r\nContent-Range: bytes */" + size;
          zcopy.submit(request.memory(head(status, 0))).join().complete();
          return;
        }
        status =
            "206 Partial Content\r\nContent-Range: bytes " + from + "-" + (to - 1) + "/" + size;
      }
      request.memory(head(status, to - from)).file(file, from, to - from);
      zcopy.submit(request).join().complete();
    }
  }

  private static void serve(Zcopy zcopy, SocketChannel socket, Path root) {
    try (socket) {
      ByteBuffer in = ByteBuffer.allocate(16384);
      while (socket.read(in) > 0) {
        String asked = new String(in.array(), 0, in.position(), ISO_8859_1);
        for (int end; (end = asked.indexOf("\r\n\r\n")) >= 0; asked = asked.substring(end + 4)) {
          answer(zcopy, socket, root, asked.substring(0, end + 2));
        }
        in.clear().put(asked.getBytes(ISO_8859_1));
      }
    } catch (IOException | NumberFormatException e) {
      System.err.println(socket + ": " + e.getMessage());
    }
  }

  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[1]).toRealPath();
    InetAddress local = InetAddress.getLoopbackAddress();
    try (Zcopy zcopy = Zcopy.open();
        ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(local, Integer.parseInt(args[0])));
      for (; ; ) {
        SocketChannel socket = listener.accept();
        Thread.startVirtualThread(() -> serve(zcopy, socket, root));
      }
    }
  }
}
