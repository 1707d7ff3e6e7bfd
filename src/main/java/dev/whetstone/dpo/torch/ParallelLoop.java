package dev.whetstone.dpo.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Threads that share the iterations of a loop, the caller among them. They sleep between loops:
 * PyTorch's own spin there, which costs the gateway beside the trainer CPU time.
 */
final class ParallelLoop implements AutoCloseable {
  private final int threads;
  private final ExecutorService others;

  ParallelLoop(int threads) {
    this.threads = threads;
    this.others =
        Executors.newFixedThreadPool(
            Math.max(1, threads - 1),
            Thread.ofPlatform().daemon().name("whetstone-bfloat16-", 0).factory());
  }

  /** Runs {@code body} once for each index below {@code count}, in any order; waits for all. */
  void run(int count, IntConsumer body) {
    AtomicInteger next = new AtomicInteger();
    Runnable share =
        () -> {
          for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            body.accept(i);
          }
        };
    List<Future<?>> started = new ArrayList<>();
    for (int thread = 1; thread < Math.min(threads, count); thread++) {
      started.add(others.submit(share));
    }
    RuntimeException failure = null;
    try {
      share.run();
    } catch (RuntimeException e) {
      next.set(count);
      failure = e;
    }
    // always wait: the others write into tensors that the caller may free
    for (Future<?> future : started) {
      try {
        await(future);
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static void await(Future<?> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw new IllegalStateException("a thread of a matrix product failed", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    others.shutdown();
  }
}
