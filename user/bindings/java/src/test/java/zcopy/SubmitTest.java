// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Completion stages; needs the module. */
public final class SubmitTest {
  private SubmitTest() {}

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes());
  }

  /** Many at once, whose channels are closed after submission. */
  public static void listsArrive() throws Exception {
    byte[] content = Peers.content(3 << 20);
    try (Zcopy zcopy = Zcopy.open()) {
      List<Peers> all = new ArrayList<>();
      List<Transfer> transfers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        Peers peers = new Peers();
        all.add(peers);
        try (FileChannel file = Peers.file(i % 10 == 0 ? content : Arrays.copyOf(content, 999))) {
          Request request = Request.to(peers.near).memory(bytes("head")).file(file, i, 500);
          transfers.add(zcopy.submit(request.file(file, 0, file.size()).memory(bytes("tail"))));
        }
        peers.near.close();
      }
      for (int i = 0; i < 100; i++) {
        byte[] got = Peers.read(all.get(i).far, Peers.BIG).get();
        Result result = transfers.get(i).get(20, TimeUnit.SECONDS);
        byte[] whole = i % 10 == 0 ? content : Arrays.copyOf(content, 999);
        ByteBuffer want = ByteBuffer.allocate(whole.length + 508).put(bytes("head"));
        want.put(content, i, 500).put(whole).put(bytes("tail"));
        Ktap.is(result.complete(), (long) want.capacity());
        Ktap.is(result.bytesByReference() + result.bytesCopied(), result.bytes());
        Ktap.yes(Arrays.equals(got, want.array()), "content " + i);
        all.get(i).close();
      }
    }
  }

  /** Whatever completes a stage stops its transfer; what is queued still goes. */
  public static void cancelledStagesStopTheirTransfers() throws Exception {
    try (Zcopy zcopy = Zcopy.open();
        FileChannel file = Peers.file(Peers.content(Peers.BIG));
        Peers peers = new Peers()) {
      long before = Peers.counter("transfers_cancelled");
      Request request = Request.to(peers.near).file(file, 0, Peers.BIG);
      Transfer first = zcopy.submit(request);
      Transfer late = zcopy.submit(request);
      late.orTimeout(100, TimeUnit.MILLISECONDS);
      Transfer told = zcopy.submit(request);
      Ktap.yes(first.cancel(true), "cancel");
      ExecutionException e = Ktap.fails(ExecutionException.class, late::get);
      Ktap.yes(e.getCause() instanceof TimeoutException, e);
      Ktap.yes(told.stop(), "it was live");
      Result result = told.get(20, TimeUnit.SECONDS);
      Ktap.is(result.status(), Result.Status.CANCELLED);
      Ktap.yes(result.id() == told.id() && result.bytes() < result.bytesAsked(), result);
      Ktap.yes(!told.stop(), "it has ended");
      Ktap.yes(Peers.atRest(), "at rest");
      Ktap.is(Peers.counter("transfers_cancelled"), before + 3);
      peers.near.close();
      Ktap.yes(Peers.read(peers.far, Peers.BIG).get().length < Peers.BIG, "a part");
    }
  }

  /** Slow and lost peers. */
  public static void limitsAndLostPeersHaveAStatus() throws Exception {
    try (Zcopy zcopy = Zcopy.open();
        FileChannel file = Peers.file(Peers.content(Peers.BIG));
        Peers peers = new Peers()) {
      Duration moment = Duration.ofMillis(50);
      Request request = Request.to(peers.near).file(file, 0, Peers.BIG);
      Ktap.is(zcopy.submit(request.deadline(moment)).get().status(), Result.Status.DEADLINE);
      request = Request.to(peers.near).file(file, 0, Peers.BIG).idle(moment);
      Ktap.is(zcopy.submit(request).get().status(), Result.Status.IDLE);
      request = Request.to(peers.near).file(file, 0, Peers.BIG);
      Transfer lost = zcopy.submit(request);
      peers.far.close();
      Result result = lost.get(20, TimeUnit.SECONDS);
      Ktap.is(result.status(), Result.Status.SOCKET_ERROR);
      Ktap.fails(ZcopyException.class, result::complete);
    }
  }

  /** Refused submissions leave nothing behind; a closed device completes all stages. */
  public static void closeCompletesAllStages() throws Exception {
    Zcopy zcopy = Zcopy.open();
    try (FileChannel file = Peers.file(Peers.content(Peers.BIG));
        Peers peers = new Peers()) {
      Request much = Request.to(peers.near).memory(ByteBuffer.allocate(65537));
      Ktap.is(Ktap.fails(ZcopyException.class, () -> zcopy.submit(much)).errno(), 7);
      Request request = Request.to(peers.near).file(file, 0, Peers.BIG);
      Transfer transfer = zcopy.submit(request);
      CompletableFuture<Thread> where = transfer.thenApply(result -> Thread.currentThread());
      zcopy.close();
      zcopy.close();
      Ktap.is(transfer.get(20, TimeUnit.SECONDS).status(), Result.Status.CANCELLED);
      Ktap.fails(ClosedChannelException.class, () -> zcopy.submit(request));
      where.get().join(20_000);
      Ktap.yes(!where.get().isAlive(), "the collector ends");
      for (int i = 0; i < 2000 && Peers.counter("devices_open") > 0; i++) {
        Thread.sleep(10);
      }
      Ktap.is(Peers.counter("devices_open"), 0L);
    }
  }
}
