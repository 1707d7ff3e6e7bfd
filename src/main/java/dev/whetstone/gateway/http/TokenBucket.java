package dev.whetstone.gateway.http;

/**
 * A bucket that holds an amount and refills at a rate. What is only known afterwards may be charged
 * beyond what is there; the bucket then has to refill first. Thread-safe.
 */
final class TokenBucket {
  private final double rate;
  private final double capacity;
  private double held;
  private long refilledAt;

  /**
   * @param rate a second
   * @param now in nanoseconds of a clock that only goes forward
   */
  TokenBucket(double rate, double capacity, long now) {
    this.rate = rate;
    this.capacity = capacity;
    this.held = capacity;
    this.refilledAt = now;
  }

  /** Takes an amount and returns 0, or takes nothing and returns the seconds until it is there. */
  synchronized double take(double amount, long now) {
    refill(now);
    if (held < amount) {
      return (amount - held) / rate;
    }
    held -= amount;
    return 0;
  }

  /** Takes an amount whether it is there or not. */
  synchronized void charge(double amount, long now) {
    refill(now);
    held -= amount;
  }

  /** What is there now; below 0 where more was charged. */
  synchronized double remaining(long now) {
    refill(now);
    return held;
  }

  /** Seconds until it is full. */
  synchronized double untilFull(long now) {
    refill(now);
    return (capacity - held) / rate;
  }

  private void refill(long now) {
    held = Math.min(capacity, held + Math.max(0, now - refilledAt) / 1e9 * rate);
    refilledAt = now;
  }
}
