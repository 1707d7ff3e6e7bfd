package dev.whetstone.gateway.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Token buckets for each key and each user: a bucket holds a few seconds' worth of requests and
 * refills at its rate. A bucket that was not used for the burst's time is full again, so it is
 * evicted. Thread-safe.
 */
@Singleton
public final class RateLimiter {
  private static final int MAX_BUCKETS = 100_000;

  private final Cache<String, TokenBucket> keys;
  private final Cache<String, TokenBucket> users;
  private final double keyRate;
  private final double userRate;
  private final double burstSeconds;
  private final RateLimitHeaders headers;
  private final LongSupplier nanos;

  @Inject
  RateLimiter(GatewayConfig config, RateLimitHeaders headers) {
    this(config.keyRate(), config.userRate(), config.rateBurst(), headers, System::nanoTime);
  }

  /**
   * @param keyRate requests a second
   * @param burst a full bucket holds the requests of this time
   * @param nanos a clock that only goes forward
   */
  RateLimiter(
      double keyRate,
      double userRate,
      Duration burst,
      RateLimitHeaders headers,
      LongSupplier nanos) {
    this.keyRate = keyRate;
    this.userRate = userRate;
    this.burstSeconds = burst.toMillis() / 1e3;
    this.headers = headers;
    this.nanos = nanos;
    this.keys = buckets(burst);
    this.users = buckets(burst);
  }

  private static Cache<String, TokenBucket> buckets(Duration burst) {
    return Caffeine.newBuilder().maximumSize(MAX_BUCKETS).expireAfterAccess(burst).build();
  }

  /**
   * Counts one request of a key, and of a user if one is named.
   *
   * @throws ProblemException 429 when the key or the user is over its rate, 400 for an invalid name
   */
  public void admit(String keyId, @Nullable String user) {
    UserNameValidator.check(user);
    long now = nanos.getAsLong();
    take(keys, keyId, keyRate, now, "this key");
    if (user != null) {
      // Each key has its own users: the same name under another key is another user.
      take(users, keyId + ' ' + user, userRate, now, "this user");
    }
  }

  // The user's limit is told last, because it is the one that is reached first.
  private void take(
      Cache<String, TokenBucket> buckets, String name, double rate, long now, String owner) {
    double capacity = Math.max(1, rate * burstSeconds);
    TokenBucket bucket = buckets.get(name, _ -> new TokenBucket(rate, capacity, now));
    double wait = bucket.take(1, now);
    headers.tell("requests", capacity, bucket.remaining(now), bucket.untilFull(now));
    if (wait > 0) {
      throw ProblemException.retryLater(
          429, "rate_limited", owner + " sends too many requests", (int) Math.ceil(wait));
    }
  }
}
