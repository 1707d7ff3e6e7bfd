package dev.whetstone.gateway.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Token buckets for each key and each user: a bucket holds a few seconds' worth of requests and
 * refills at its rate. A bucket that was not used for the burst's time is full again, so it is
 * evicted. Thread-safe.
 */
@Singleton
public final class RateLimiter {
  private static final int MAX_BUCKETS = 100_000;

  private final Cache<String, Bucket> keys;
  private final Cache<String, Bucket> users;
  private final double keyRate;
  private final double userRate;
  private final double burstSeconds;
  private final InstantSource clock;

  @Inject
  RateLimiter(GatewayConfig config, InstantSource clock) {
    this(config.keyRate(), config.userRate(), config.rateBurst(), clock);
  }

  /**
   * @param keyRate requests a second
   * @param burst a full bucket holds the requests of this time
   */
  RateLimiter(double keyRate, double userRate, Duration burst, InstantSource clock) {
    this.keyRate = keyRate;
    this.userRate = userRate;
    this.burstSeconds = burst.toMillis() / 1e3;
    this.clock = clock;
    this.keys = buckets(burst);
    this.users = buckets(burst);
  }

  private static Cache<String, Bucket> buckets(Duration burst) {
    return Caffeine.newBuilder().maximumSize(MAX_BUCKETS).expireAfterAccess(burst).build();
  }

  /**
   * Counts one request of a key, and of a user if one is named.
   *
   * @throws ProblemException 429 when the key or the user is over its rate, 400 for an invalid name
   */
  public void admit(String keyId, @Nullable String user) {
    UserNameValidator.check(user);
    Instant now = clock.instant();
    take(keys, keyId, keyRate, now, "this key");
    if (user != null) {
      // Each key has its own users: the same name under another key is another user.
      take(users, keyId + ' ' + user, userRate, now, "this user");
    }
  }

  private void take(
      Cache<String, Bucket> buckets, String name, double rate, Instant now, String owner) {
    double capacity = Math.max(1, rate * burstSeconds);
    Bucket bucket = buckets.get(name, _ -> new Bucket(capacity, now));
    double wait = bucket.take(rate, capacity, now);
    if (wait > 0) {
      throw ProblemException.retryLater(
          429, "rate_limited", owner + " sends too many requests", (int) Math.ceil(wait));
    }
  }

  private static final class Bucket {
    private double tokens;
    private Instant refilledAt;

    Bucket(double tokens, Instant now) {
      this.tokens = tokens;
      this.refilledAt = now;
    }

    /** Takes a token and returns 0, or returns the seconds until there is one. */
    synchronized double take(double rate, double capacity, Instant now) {
      double elapsed = Math.max(0, Duration.between(refilledAt, now).toNanos() / 1e9);
      tokens = Math.min(capacity, tokens + elapsed * rate);
      refilledAt = now;
      if (tokens < 1) {
        return (1 - tokens) / rate;
      }
      tokens--;
      return 0;
    }
  }
}
