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
 * Token buckets by key and by user: each holds a few seconds' worth of requests and fills at its
 * rate. Buckets that nobody used for long are full again, so they are forgotten.
 */
@Singleton
public final class RateLimiter {
  private static final int MOST_BUCKETS = 100_000;

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
   * @param burst a full bucket holds what comes in in this time
   */
  RateLimiter(double keyRate, double userRate, Duration burst, InstantSource clock) {
    this.keyRate = keyRate;
    this.userRate = userRate;
    this.burstSeconds = burst.toMillis() / 1e3;
    this.clock = clock;
    this.keys = buckets(burst);
    this.users = buckets(burst);
  }

  private static Cache<String, Bucket> buckets(Duration full) {
    return Caffeine.newBuilder().maximumSize(MOST_BUCKETS).expireAfterAccess(full).build();
  }

  /**
   * Takes one request of a key, and of a user where one is named.
   *
   * @throws ProblemException 429 when either has none left, 400 for a name that cannot be one
   */
  public void admit(String keyId, @Nullable String user) {
    UserNameValidator.check(user);
    Instant now = clock.instant();
    take(keys, keyId, keyRate, now, "this key");
    if (user != null) {
      // users are a key's own: two keys' users of one name are two
      take(users, keyId + ' ' + user, userRate, now, "this user");
    }
  }

  private void take(
      Cache<String, Bucket> buckets, String name, double rate, Instant now, String whose) {
    double full = Math.max(1, rate * burstSeconds);
    Bucket bucket = buckets.get(name, _ -> new Bucket(full, now));
    double wait = bucket.take(rate, full, now);
    if (wait > 0) {
      throw ProblemException.retryLater(
          429, "rate_limited", whose + " sends too many requests", (int) Math.ceil(wait));
    }
  }

  private static final class Bucket {
    private double tokens;
    private Instant filled;

    Bucket(double tokens, Instant now) {
      this.tokens = tokens;
      this.filled = now;
    }

    /** Seconds until there is a token; 0 when one was taken. */
    synchronized double take(double rate, double full, Instant now) {
      double passed = Math.max(0, Duration.between(filled, now).toNanos() / 1e9);
      tokens = Math.min(full, tokens + passed * rate);
      filled = now;
      if (tokens < 1) {
        return (1 - tokens) / rate;
      }
      tokens--;
      return 0;
    }
  }
}
