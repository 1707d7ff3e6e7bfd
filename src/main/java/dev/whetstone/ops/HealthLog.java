package dev.whetstone.ops;

import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.event.SmallRyeHealthStatusChangeEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/**
 * Logs each change of health once. The library itself logs every answer that is down, which is many
 * times a second while a start is waited for; its category is set to warnings.
 */
@Singleton
final class HealthLog {
  private static final Logger LOG = Logger.getLogger(HealthLog.class);

  void readinessChanged(@Observes @Readiness SmallRyeHealthStatusChangeEvent change) {
    log("readiness", change.health());
  }

  void livenessChanged(@Observes @Liveness SmallRyeHealthStatusChangeEvent change) {
    log("liveness", change.health());
  }

  private static void log(String what, SmallRyeHealth health) {
    LOG.infof(
        "%s is %s: %s", what, health.isDown() ? "down" : "up", health.getPayload().get("checks"));
  }
}
