package dev.whetstone.serving;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.policy.PolicyException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What the heap has room for. A version that does not fit beside those that are needed is refused
 * with the numbers before it is read: read all the same, it would end the process. Thread-safe.
 */
final class AdapterHeap {
  /** What the gateway needs for everything else: requests, tokens, what the collector leaves. */
  private static final long RESERVE = 128L << 20;

  /** The adapters in memory. */
  interface Held {
    /** Their bytes. */
    long heldBytes();

    /** Gives up the oldest one that is not needed; false when all are. */
    boolean evictOldestUnneeded();
  }

  private final long capacity;
  private final Held held;
  private final Duration timeout;

  @GuardedBy("this")
  private long reserved;

  /**
   * Creates an account.
   *
   * @param heap bytes that the heap may have
   * @param held the adapters in memory
   * @param timeout how long to wait for room that others are about to give back
   */
  AdapterHeap(long heap, Held held, Duration timeout) {
    this.capacity = heap - RESERVE;
    this.held = held;
    this.timeout = timeout;
  }

  /**
   * Reserves room until it is closed.
   *
   * @param bytes that reading the version takes at most
   * @throws PolicyException.Refused when there is not so much beside the versions that are needed
   * @throws PolicyException.StagingTimeout when others take too long to give theirs back
   */
  synchronized PolicyRouter.Room reserve(String version, long bytes) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (held.heldBytes() + reserved + bytes > capacity) {
      if (held.evictOldestUnneeded()) {
        continue;
      }
      if (held.heldBytes() + bytes > capacity) {
        throw new PolicyException.Refused(
            version,
            ("reading it takes %d MB of the heap, and %d MB are there for adapters, of which those"
                    + " in memory take %d MB: give the gateway a larger heap"
                    + " (WHETSTONE_JAVA_OPTS=-Xmx…)")
                .formatted(megabytes(bytes), capacity >> 20, megabytes(held.heldBytes())));
      }
      await(version, deadline - System.nanoTime());
    }
    reserved += bytes;
    return () -> release(bytes);
  }

  @GuardedBy("this")
  private void await(String version, long nanos) {
    if (nanos <= 0) {
      throw new PolicyException.StagingTimeout(version, "other adapters are being read");
    }
    try {
      TimeUnit.NANOSECONDS.timedWait(this, nanos);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new PolicyException.StagingTimeout(version, "interrupted");
    }
  }

  private synchronized void release(long bytes) {
    reserved -= bytes;
    notifyAll();
  }

  private static long megabytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }
}
