// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A list of file ranges and pieces of memory for one connected TCP socket. */
public final class Request {
  /** When a transfer counts as complete. */
  public enum Until {
    /** The socket has taken all bytes. */
    QUEUED,
    /** The peer's TCP has acknowledged all bytes. */
    ACKED,
    /** The network stack holds no page of the files any more: they may be changed. */
    RELEASED
  }

  /** What is done to the socket after the last byte. */
  public enum End {
    /** Nothing. */
    KEEP,
    /** Holds back a partial segment for what the program sends next. */
    CORK,
    /** Shuts down the sending side. */
    SHUTDOWN
  }

  /** A flag of a request ({@code ZCOPY_F_*}). */
  public enum Flag {
    /** Copies what is read, so that later changes of a file are not sent. */
    STABLE(1 << 0),
    /** Drops from the page cache what this transfer brought in. */
    DROP_BEHIND(1 << 1),
    /** Ends with {@link Result.Status#AGAIN} at a byte that is not cached. */
    CACHED_ONLY(1 << 2),
    /** More bytes follow soon, as MSG_MORE of send(2). */
    MORE(1 << 6),
    /** Does not look whether a file changes meanwhile. */
    AS_READ(1 << 8),
    /** Sends files of FUSE, or guarded by fanotify, which may be told another process. */
    ANY_PID(1 << 9);

    final int bit;

    Flag(int bit) {
      this.bit = bit;
    }
  }

  static final int FILE = 1;
  static final int MEMORY = 2;

  /** A range of a file or, without one, bytes. */
  private record Piece(FileChannel file, long position, long count, ByteBuffer bytes) {}

  private final SocketChannel socket;
  private final List<Piece> pieces = new ArrayList<>();
  private Until until = Until.QUEUED;
  private End end = End.KEEP;
  private int flags;
  private long deadline;
  private long idle;

  private Request(SocketChannel socket) {
    this.socket = Objects.requireNonNull(socket);
  }

  /**
   * An empty list.
   *
   * @param socket where to send to; blocking or not makes no difference
   * @return the list
   */
  public static Request to(SocketChannel socket) {
    return new Request(socket);
  }

  /**
   * Appends a range of a file.
   *
   * @param file open for reading
   * @param position where the range begins
   * @param count its length; the transfer is TRUNCATED if the file ends before
   * @return this
   */
  public Request file(FileChannel file, long position, long count) {
    if (position < 0 || count < 0 || position > Long.MAX_VALUE - count) {
      throw new IllegalArgumentException("no range: " + position + ", " + count);
    }
    pieces.add(new Piece(Objects.requireNonNull(file), position, count, null));
    return this;
  }

  /**
   * Appends bytes, of which a list can have 64 KiB.
   *
   * @param bytes from position to limit, which stay; submission copies the content
   * @return this
   */
  public Request memory(ByteBuffer bytes) {
    if (bytes.hasRemaining()) {
      pieces.add(new Piece(null, 0, bytes.remaining(), bytes.slice()));
    }
    return this;
  }

  /**
   * Sets when the transfer counts as complete.
   *
   * @param level QUEUED by default
   * @return this
   */
  public Request until(Until level) {
    until = Objects.requireNonNull(level);
    return this;
  }

  /**
   * Sets what is done to the socket after the last byte, if all were sent.
   *
   * @param action KEEP by default
   * @return this
   */
  public Request end(End action) {
    end = Objects.requireNonNull(action);
    return this;
  }

  /**
   * Sets a flag.
   *
   * @param flag one more flag
   * @return this
   */
  public Request flag(Flag flag) {
    flags |= flag.bit;
    return this;
  }

  /**
   * Gives the transfer up some time after its submission.
   *
   * @param after that time
   * @return this
   */
  public Request deadline(Duration after) {
    deadline = nanos(after);
    return this;
  }

  /**
   * Gives the transfer up after some time without progress.
   *
   * @param limit that time
   * @return this
   */
  public Request idle(Duration limit) {
    idle = nanos(limit);
    return this;
  }

  /** Nanoseconds for the kernel, to which 0 would be no limit at all. */
  static long nanos(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("negative time: " + time);
    }
    boolean fits = time.compareTo(Duration.ofNanos(Long.MAX_VALUE)) < 0;
    return fits ? Math.max(1, time.toNanos()) : Long.MAX_VALUE;
  }

  /** The struct for ZCOPY_IOC_SUBMIT. */
  MemorySegment encode(Arena arena, long cookie) {
    MemorySegment elems = arena.allocate(Struct.ELEM.layout, Math.max(1, pieces.size()));
    for (int i = 0; i < pieces.size(); i++) {
      encode(arena, pieces.get(i), Struct.ELEM.element(elems, i));
    }
    MemorySegment sink = arena.allocate(Struct.SINK.layout);
    Struct.SINK.setInt(sink, "fd", Native.descriptor(socket));
    Struct s = Struct.SEND;
    MemorySegment send = s.allocate(arena);
    s.setInt(send, "flags", flags);
    s.setLong(send, "elems", elems.address());
    s.setInt(send, "nr_elems", pieces.size());
    s.setInt(send, "elem_size", Struct.ELEM.size());
    s.setLong(send, "sinks", sink.address());
    s.setInt(send, "nr_sinks", 1);
    s.setInt(send, "sink_size", Struct.SINK.size());
    s.setLong(send, "cookie", cookie);
    s.setInt(send, "until", until.ordinal());
    s.setInt(send, "end", end.ordinal());
    s.setLong(send, "deadline_ns", deadline);
    s.setLong(send, "idle_ns", idle);
    return send;
  }

  private static void encode(Arena arena, Piece piece, MemorySegment elem) {
    Struct s = Struct.ELEM;
    s.setLong(elem, "len", piece.count);
    if (piece.file != null) {
      s.setInt(elem, "kind", FILE);
      s.setInt(elem, "fd", Native.descriptor(piece.file));
      s.setLong(elem, "off", piece.position);
    } else {
      MemorySegment copy = arena.allocate(piece.count);
      copy.copyFrom(MemorySegment.ofBuffer(piece.bytes));
      s.setInt(elem, "kind", MEMORY);
      s.setLong(elem, "off", copy.address());
    }
  }
}
