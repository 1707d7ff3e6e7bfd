package dev.whetstone.gateway.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * What one key may have at once, and in a time: requests that run, tokens a minute, stored bytes a
 * day. Counted by each gateway for itself. Thread-safe.
 */
@Singleton
public final class KeyQuota {
  private static final int MAX_KEYS = 100_000;
  private static final int RETRY_SECONDS = 1;
  private static final int MAX_RETRY_SECONDS = 3_600;
  private static final String COUNTED = "whetstone.quota.counted";
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration DAY = Duration.ofDays(1);

  private final int concurrency;
  private final long tokens;
  private final long bytes;
  private final RateLimitHeaders headers;
  private final LongSupplier nanos;
  private final ConcurrentHashMap<String, Integer> running = new ConcurrentHashMap<>();
  private final Cache<String, TokenBucket> tokenBuckets = buckets(MINUTE.multipliedBy(2));
  private final Cache<String, TokenBucket> byteBuckets = buckets(DAY);

  @Inject
  KeyQuota(GatewayConfig config, RateLimitHeaders headers) {
    this(
        config.keyConcurrency(),
        config.keyTokensAMinute(),
        config.keyStoredBytesADay().asLongValue(),
        headers,
        System::nanoTime);
  }

  /**
   * @param tokens a minute; 0 for any number
   * @param bytes a day; 0 for any number
   * @param nanos a clock that only goes forward
   */
  KeyQuota(int concurrency, long tokens, long bytes, RateLimitHeaders headers, LongSupplier nanos) {
    this.concurrency = concurrency;
    this.tokens = tokens;
    this.bytes = bytes;
    this.headers = headers;
    this.nanos = nanos;
  }

  private static Cache<String, TokenBucket> buckets(Duration unused) {
    return Caffeine.newBuilder().maximumSize(MAX_KEYS).expireAfterAccess(unused).build();
  }

  /**
   * Counts a request among those of a key that run, until it has ended; once, however often it
   * calls.
   *
   * @throws ProblemException 429 when too many run, or when the key has used up its tokens
   */
  public void begin(String keyId, RoutingContext http) {
    if (http.get(COUNTED) != null) {
      return;
    }
    requireTokens(keyId);
    start(keyId);
    http.put(COUNTED, true);
    http.addEndHandler(ended -> end(keyId));
  }

  /** Counts one more that runs. */
  void start(String keyId) {
    if (running.merge(keyId, 1, Integer::sum) > concurrency) {
      end(keyId);
      throw ProblemException.retryLater(
          429,
          "too_many_running",
          "this key has %d requests running, and no more are allowed".formatted(concurrency),
          RETRY_SECONDS);
    }
  }

  /** Counts one fewer. */
  void end(String keyId) {
    running.computeIfPresent(keyId, (_, count) -> count == 1 ? null : count - 1);
  }

  private void requireTokens(String keyId) {
    if (tokens > 0) {
      TokenBucket bucket = tokenBucket(keyId);
      long now = nanos.getAsLong();
      double wait = bucket.take(1, now);
      headers.tell("tokens", (double) tokens, bucket.remaining(now), bucket.untilFull(now));
      refuse(wait, "tokens_limited", "this key has used up its tokens a minute");
    }
  }

  /** Charges the tokens of a request: those of its prompt, and those that were sampled. */
  public void charge(String keyId, long used) {
    if (tokens > 0) {
      tokenBucket(keyId).charge((double) used, nanos.getAsLong());
    }
  }

  /**
   * Checks that a key may store more.
   *
   * @throws ProblemException 429 when it has stored too much
   */
  public void requireStorage(String keyId) {
    if (bytes > 0) {
      double wait = byteBucket(keyId).take(1, nanos.getAsLong());
      refuse(wait, "storage_limited", "this key has stored as much as it may in a day");
    }
  }

  /** Charges bytes that were stored for a key. */
  public void stored(String keyId, long count) {
    if (bytes > 0) {
      byteBucket(keyId).charge((double) count, nanos.getAsLong());
    }
  }

  private TokenBucket tokenBucket(String keyId) {
    return tokenBuckets.get(keyId, _ -> new TokenBucket(tokens / 60.0, tokens, nanos.getAsLong()));
  }

  private TokenBucket byteBucket(String keyId) {
    return byteBuckets.get(
        keyId, _ -> new TokenBucket(bytes / (double) DAY.toSeconds(), bytes, nanos.getAsLong()));
  }

  private static void refuse(double wait, String code, String why) {
    if (wait > 0) {
      throw ProblemException.retryLater(
          429, code, why, (int) Math.min(MAX_RETRY_SECONDS, Math.ceil(wait)));
    }
  }
}
