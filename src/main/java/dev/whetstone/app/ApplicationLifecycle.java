package dev.whetstone.app;

import dev.whetstone.settings.BuildInfo;
import dev.whetstone.settings.ProcessRole;
import dev.whetstone.settings.RenamedSettings;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/**
 * Runs the start-up that {@link ProcessRole#PROPERTY} chooses. The choice is made at run time,
 * because one build runs as either process; so the observers stand here, and not in the two
 * start-ups: Quarkus filters what is looked up, not what observes.
 */
@Singleton
final class ApplicationLifecycle {
  private static final Logger LOG = Logger.getLogger(ApplicationLifecycle.class);

  private final ProcessLifecycle process;
  private final Config config;

  @Inject
  ApplicationLifecycle(Instance<ProcessLifecycle> processes, Config config) {
    if (!processes.isResolvable()) {
      throw new IllegalStateException(
          "%s must be %s or %s"
              .formatted(ProcessRole.PROPERTY, ProcessRole.GATEWAY, ProcessRole.TRAINER));
    }
    this.process = processes.get();
    this.config = config;
  }

  void route(@Observes Router router) {
    process.route(router);
  }

  /** Logs the build and the role, warns of settings given by their old names, and starts. */
  void start(@Observes StartupEvent started) {
    LOG.infof("Whetstone %s starts as %s", BuildInfo.version(), process.role());
    RenamedSettings.warnings(config).forEach(LOG::warn);
    process.start();
  }

  void drain() throws InterruptedException {
    process.drain();
  }

  void stop(@Observes ShutdownEvent ended) throws InterruptedException {
    process.stop();
  }
}
