// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An open {@code /dev/zcopy}, for any number of threads.
 *
 * <p>Channels must stay open until a call with them returns; after {@link #submit}, the kernel
 * holds them.
 */
public final class Zcopy implements Closeable {
  private static final int AS_READ = Request.Flag.AS_READ.bit;
  static final int CANCEL_ALL = 1;
  static final long FOREVER = -1;
  private static final int BATCH = 64;

  private final FileChannel device;
  private final int fd;
  private volatile boolean closed;

  /** The calls that use the descriptor; one for the collector, and one until close(). */
  private final AtomicInteger users = new AtomicInteger(2);

  /** The submitted transfers by cookie, until their results are collected. */
  private final Map<Long, Transfer> waiting = new ConcurrentHashMap<>();

  /** One permit for each submission that returned, less the results collected. */
  private final Semaphore uncollected = new Semaphore(0);

  private final AtomicLong cookies = new AtomicLong();

  private Zcopy(FileChannel device) {
    this.device = device;
    fd = Native.descriptor(device);
  }

  /**
   * Opens the device.
   *
   * @return the device
   * @throws java.nio.file.NoSuchFileException if the module is not loaded
   * @throws java.nio.file.AccessDeniedException without the right to open it
   * @throws IOException if it cannot be opened for another reason
   */
  public static Zcopy open() throws IOException {
    Path path = Path.of("/dev/zcopy");
    Zcopy zcopy = new Zcopy(FileChannel.open(path, READ, WRITE));
    Thread.ofPlatform().daemon().name("zcopy-collector").start(zcopy::collect);
    return zcopy;
  }

  /**
   * The twin of {@link FileChannel#transferTo}: sends bytes of a file to a socket.
   *
   * <p>Returns early at the end of the file, and with a non-blocking socket once that is full. A
   * virtual thread occupies its carrier meanwhile.
   *
   * @param file open for reading; its position does not move
   * @param position where to begin
   * @param count how many bytes at most
   * @param socket connected by TCP
   * @return the number of bytes sent, possibly 0
   * @throws ZcopyException if nothing was sent; {@code file.transferTo} may do it then
   * @throws IOException if a channel or this device is closed
   */
  public long transferTo(FileChannel file, long position, long count, SocketChannel socket)
      throws IOException {
    if (position < 0 || count < 0) {
      throw new IllegalArgumentException("no range: " + position + ", " + count);
    }
    if (!file.isOpen() || !socket.isOpen()) {
      throw new ClosedChannelException();
    }
    if (!socket.isConnected()) {
      throw new NotYetConnectedException();
    }
    if (closed || !enter()) {
      throw new ClosedChannelException();
    }
    try (Arena arena = Arena.ofConfined()) {
      Struct s = Struct.SENDFILE;
      MemorySegment send = s.allocate(arena);
      s.setInt(send, "flags", AS_READ);
      s.setInt(send, "sock", Native.descriptor(socket));
      s.setInt(send, "file", Native.descriptor(file));
      s.setLong(send, "off", position);
      s.setLong(send, "len", Math.min(count, Long.MAX_VALUE - position));
      call(arena, Native.SENDFILE, send);
      long bytes = s.getLong(send, "bytes");
      switch (Result.Status.of(s.getInt(send, "status"))) {
        case DONE, CHANGED, TRUNCATED, AGAIN -> {}
        default -> {
          if (bytes == 0) {
            throw new ZcopyException(s.getInt(send, "error"), "transferTo");
          }
        }
      }
      return bytes;
    } finally {
      exit();
    }
  }

  /**
   * Starts a transfer and returns at once. Transfers to one socket are sent in the order of
   * submission.
   *
   * @param request what to send; it can be used again
   * @return the stage of its result
   * @throws ZcopyException if it is refused
   * @throws IOException if this device is closed
   */
  public Transfer submit(Request request) throws IOException {
    long cookie = cookies.getAndIncrement();
    Transfer transfer = new Transfer(this);
    if (!enter()) {
      throw new ClosedChannelException();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment send = request.encode(arena, cookie);
      // Before the submission, because the result may be there before that returns. The
      // collector does not end after this, unless it was closed before.
      waiting.put(cookie, transfer);
      if (closed) {
        throw new ClosedChannelException();
      }
      call(arena, Native.SUBMIT, send);
      transfer.submitted(Struct.SEND.getLong(send, "id"));
      uncollected.release();
    } catch (IOException e) {
      waiting.remove(cookie);
      throw e;
    } finally {
      exit();
    }
    if (closed) {
      transfer.stop();
    }
    return transfer;
  }

  /** Cancels all transfers. Their stages complete soon, and calls that still send return. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      cancel(0, CANCEL_ALL);
      uncollected.release();
      exit();
    }
  }

  /** Returns whether there was something to cancel. */
  boolean cancel(long id, int flags) {
    if (!enter()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cancel = Struct.CANCEL.allocate(arena);
      Struct.CANCEL.setLong(cancel, "id", id);
      Struct.CANCEL.setInt(cancel, "flags", flags);
      return Native.ioctl(arena, fd, Native.CANCEL, cancel) == 0;
    } finally {
      exit();
    }
  }

  /** Calls a verb, again after signals, which the JVM uses for itself. */
  private void call(Arena arena, int verb, MemorySegment struct) throws ZcopyException {
    int errno;
    do {
      errno = Native.ioctl(arena, fd, verb, struct);
    } while (errno == Native.EINTR);
    if (errno != 0) {
      throw new ZcopyException(errno, "zcopy");
    }
  }

  /** Keeps the descriptor open, unless it is closed. */
  private boolean enter() {
    return users.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  private void exit() {
    if (users.decrementAndGet() == 0) {
      try {
        device.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e); // does not happen to a device
      }
    }
  }

  /** What the collector does: completes stages until the device is closed and none is left. */
  private void collect() {
    try {
      for (; ; ) {
        uncollected.acquireUninterruptibly();
        if (closed && waiting.isEmpty()) {
          return;
        }
        complete();
      }
    } catch (ZcopyException e) {
      waiting.values().forEach(transfer -> transfer.completeExceptionally(e));
    } finally {
      exit();
    }
  }

  /** Waits for results and completes their stages. */
  private void complete() throws ZcopyException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment results = arena.allocate(Struct.RESULT.layout, BATCH);
      Struct s = Struct.WAIT;
      MemorySegment wait = s.allocate(arena);
      s.setLong(wait, "results", results.address());
      s.setInt(wait, "nr_results", BATCH);
      s.setInt(wait, "result_size", Struct.RESULT.size());
      s.setInt(wait, "min", 1);
      s.setLong(wait, "timeout_ns", FOREVER);
      call(arena, Native.WAIT, wait);
      int got = s.getInt(wait, "got");
      if (got == 0) { // close() has woken us, while a submission is under way
        uncollected.release();
        Thread.onSpinWait();
        return;
      }
      uncollected.acquireUninterruptibly(got - 1);
      for (int i = 0; i < got; i++) {
        MemorySegment result = Struct.RESULT.element(results, i);
        waiting.remove(Struct.RESULT.getLong(result, "cookie")).complete(Result.of(result));
      }
    }
  }
}
