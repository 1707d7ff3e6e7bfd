package dev.whetstone.gateway.http;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/**
 * Whether the disk of the embedded database has room for what is to be kept. PostgreSQL stops when
 * it has none, and what is generated for it until then is lost.
 */
@Singleton
public final class FreeSpace {
  private static final Logger LOG = Logger.getLogger(FreeSpace.class);
  private static final long VALID_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final LongSupplier usable;
  private final long watermark;
  private long measuredAt = System.nanoTime() - VALID_NANOS;
  private boolean enough = true;

  @Inject
  FreeSpace(Config config, GatewayConfig gateway) {
    this(
        config.getOptionalValue("WHETSTONE_DATABASE_URL", String.class).isPresent()
            ? () -> Long.MAX_VALUE
            : usableOf(
                Path.of(config.getOptionalValue("WHETSTONE_HOME", String.class).orElse("data"))),
        gateway.minFreeSpace().asLongValue());
  }

  /**
   * @param usable bytes that are free now
   * @param watermark fewest bytes with which anything is kept
   */
  FreeSpace(LongSupplier usable, long watermark) {
    this.usable = usable;
    this.watermark = watermark;
  }

  private static LongSupplier usableOf(Path home) {
    return () -> {
      try {
        return Files.getFileStore(home).getUsableSpace();
      } catch (IOException unknown) {
        return Long.MAX_VALUE;
      }
    };
  }

  /**
   * Refuses what has to be kept while there is no room for it.
   *
   * @throws ProblemException 507 {@code disk_full}
   */
  public void require() {
    if (!isEnough()) {
      throw ProblemException.of(
          507, "disk_full", "the disk is nearly full, so pairs and votes cannot be kept");
    }
  }

  private synchronized boolean isEnough() {
    long now = System.nanoTime();
    if (now - measuredAt >= VALID_NANOS) {
      measuredAt = now;
      long free = usable.getAsLong();
      if (enough != (free >= watermark)) {
        enough = !enough;
        LOG.warnf(
            "%d MB are free below WHETSTONE_HOME: pairs and votes are %s",
            free >> 20, enough ? "kept again" : "refused until there are more");
      }
    }
    return enough;
  }
}
