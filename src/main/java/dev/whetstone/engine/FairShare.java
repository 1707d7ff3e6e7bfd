package dev.whetstone.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;

/**
 * Divides a capacity among owners. An owner may hold at most four times what is free, so that one
 * alone gets four fifths, several get equal parts, and a newcomer always finds a place (dynamic
 * thresholds, Choudhury and Hahne 1998). Thread-safe.
 */
public final class FairShare {
  private static final int TIMES_FREE = 4;

  private final long capacity;

  @GuardedBy("this")
  private final Map<String, Long> held = new HashMap<>();

  @GuardedBy("this")
  private long total;

  /**
   * @param capacity of all owners together
   */
  public FairShare(long capacity) {
    this.capacity = capacity;
  }

  /** Takes an amount, unless that is more than is free or than the owner's share. */
  public synchronized boolean tryTake(String owner, long amount) {
    long own = held.getOrDefault(owner, 0L);
    long free = capacity - total;
    if (amount > free || (own > 0 && own >= TIMES_FREE * free)) {
      return false;
    }
    total += amount;
    held.put(owner, own + amount);
    return true;
  }

  /** Gives back what was taken. */
  public synchronized void release(String owner, long amount) {
    total -= amount;
    held.computeIfPresent(owner, (name, own) -> own > amount ? own - amount : null);
  }

  /** What all owners hold. */
  public synchronized long total() {
    return total;
  }
}
