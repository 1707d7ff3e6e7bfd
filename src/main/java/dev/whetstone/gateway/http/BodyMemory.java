package dev.whetstone.gateway.http;

import dev.whetstone.engine.FairShare;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * Counts the bytes of request bodies that are being received or parsed, of each key and of all. A
 * client that sends most of many bodies and then waits would fill the heap otherwise.
 */
@Singleton
final class BodyMemory {
  private static final int RETRY_SECONDS = 1;

  private final FairShare bytes;

  @Inject
  BodyMemory(GatewayConfig config) {
    this(config.maxBodyMemory().asLongValue());
  }

  BodyMemory(long capacity) {
    this.bytes = new FairShare(capacity);
  }

  /** What one body takes; closed when it is parsed. */
  final class Share implements AutoCloseable {
    private final String key;
    private long taken;

    private Share(String key) {
      this.key = key;
    }

    /**
     * Counts more bytes.
     *
     * @throws ProblemException 503 {@code busy} when too many are held, by this key or by all
     */
    void add(int count) {
      if (!bytes.tryTake(key, count)) {
        throw ProblemException.retryLater(
            503, "busy", "too many request bodies are being received; try again", RETRY_SECONDS);
      }
      taken += count;
    }

    @Override
    public void close() {
      bytes.release(key, taken);
    }
  }

  /** Begins a body of a key. */
  Share begin(String key) {
    return new Share(key);
  }

  /** Bytes that are held now. */
  long held() {
    return bytes.total();
  }
}
