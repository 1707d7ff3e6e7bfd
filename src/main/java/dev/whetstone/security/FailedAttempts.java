package dev.whetstone.security;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Wrong keys of each address within a minute, which make the next refusal slower: whoever tries
 * many has few answers a second, and a right key is not held up. Thread-safe.
 */
final class FailedAttempts {
  private static final int MAX_ADDRESSES = 10_000;
  private static final int FREE = 20;
  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final Duration STEP = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private record Count(long begun, int attempts) {}

  private final Map<String, Count> byAddress =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Count> eldest) {
          return size() > MAX_ADDRESSES;
        }
      };

  /**
   * Counts a wrong key.
   *
   * @param now in nanoseconds of a clock that only goes forward
   * @return how long its refusal waits
   */
  synchronized Duration add(String address, long now) {
    Count before = byAddress.get(address);
    Count count =
        before == null || now - before.begun > WINDOW.toNanos()
            ? new Count(now, 1)
            : new Count(before.begun, before.attempts + 1);
    byAddress.put(address, count);
    Duration delay = STEP.multipliedBy(Math.max(0, count.attempts - FREE));
    return delay.compareTo(LONGEST) < 0 ? delay : LONGEST;
  }
}
