package dev.whetstone.app;

import dev.whetstone.settings.BuildInfo;
import dev.whetstone.settings.RenamedSettings;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/**
 * Logs the build, the role of the process, and a warning for each setting given by its old name.
 */
@Singleton
final class StartupReport {
  private static final Logger LOG = Logger.getLogger(StartupReport.class);

  void report(@Observes StartupEvent started, Config config) {
    String role = ProcessRole.current().name().toLowerCase(Locale.ROOT);
    LOG.infof("Whetstone %s starts as %s", BuildInfo.version(), role);
    RenamedSettings.warnings(config).forEach(LOG::warn);
  }
}
