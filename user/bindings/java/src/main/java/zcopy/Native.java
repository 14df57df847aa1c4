// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.FileDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;

/** Calls of the C library, and the numbers of the descriptors that channels have. */
@SuppressWarnings("restricted")
final class Native {
  static final int SUBMIT = 0xbb02;
  static final int WAIT = 0xbb03;
  static final int CANCEL = 0xbb04;
  static final int SENDFILE = 0xbb08;
  static final int EINTR = 4;

  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));
  private static final MethodHandle IOCTL =
      function(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          CAPTURE,
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle STRERROR =
      function("strerror", FunctionDescriptor.of(ADDRESS, JAVA_INT));

  private Native() {}

  private static MethodHandle function(
      String name, FunctionDescriptor type, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type, options);
  }

  /** Calls a verb of the device; returns 0 or the errno. */
  static int ioctl(Arena arena, int fd, int verb, MemorySegment struct) {
    try {
      MemorySegment state = arena.allocate(STATE);
      int result = (int) IOCTL.invokeExact(state, fd, (long) verb, struct);
      return result < 0 ? (int) ERRNO.get(state, 0L) : 0;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static String strerror(int errno) {
    try {
      return ((MemorySegment) STRERROR.invokeExact(errno)).reinterpret(256).getString(0);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static int descriptor(SocketChannel channel) {
    return number(Descriptors.SOCKET, channel);
  }

  static int descriptor(FileChannel channel) {
    return number(Descriptors.FILE, channel);
  }

  private static int number(MethodHandle how, Object channel) {
    if (how == null) {
      throw new IllegalStateException(
          "zcopy needs --add-opens java.base/sun.nio.ch=ALL-UNNAMED", Descriptors.failure);
    }
    try {
      return (int) how.invokeExact(channel);
    } catch (ClassCastException e) {
      throw new IllegalArgumentException("no channel of the JDK: " + channel, e);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** How to read the number of a channel's descriptor, for which the JDK has no public way. */
  private static final class Descriptors {
    private static ReflectiveOperationException failure;
    static final MethodHandle SOCKET = find(Descriptors::ofSocket);
    static final MethodHandle FILE = find(Descriptors::ofFile);

    private interface Finder {
      MethodHandle find(MethodHandles.Lookup lookup) throws ReflectiveOperationException;
    }

    private static MethodHandle find(Finder finder) {
      try {
        MethodHandle found = finder.find(MethodHandles.lookup());
        return found.asType(MethodType.methodType(int.class, Object.class));
      } catch (ReflectiveOperationException e) {
        failure = e;
        return null;
      }
    }

    /** The public method of an interface of all selectable channels. */
    private static MethodHandle ofSocket(MethodHandles.Lookup lookup)
        throws ReflectiveOperationException {
      Class<?> channel = Class.forName("sun.nio.ch.SelChImpl");
      return lookup.findVirtual(channel, "getFDVal", MethodType.methodType(int.class));
    }

    /** A private field, and the public method for the number in it. */
    private static MethodHandle ofFile(MethodHandles.Lookup lookup)
        throws ReflectiveOperationException {
      Class<?> channel = Class.forName("sun.nio.ch.FileChannelImpl");
      MethodHandle field =
          MethodHandles.privateLookupIn(channel, lookup)
              .findGetter(channel, "fd", FileDescriptor.class);
      MethodType number = MethodType.methodType(int.class, FileDescriptor.class);
      Class<?> util = Class.forName("sun.nio.ch.IOUtil");
      return MethodHandles.filterReturnValue(field, lookup.findStatic(util, "fdVal", number));
    }
  }
}
