package dev.whetstone.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.gateway.pages.PagesConfig;
import dev.whetstone.security.ApiKeys;
import dev.whetstone.security.KeyFile;
import dev.whetstone.security.Role;
import dev.whetstone.security.SessionStore;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * Says where the gateway is ready, and prints the one-time link that signs the owner of this
 * machine in, as the operator of its keys.json. A gateway of a cluster has no such file and prints
 * none: its output is read by others.
 */
@Singleton
final class WelcomePrinter {
  private static final Logger LOG = Logger.getLogger(WelcomePrinter.class);

  private static final int MAX_ATTEMPTS = 240;
  private static final Duration PAUSE = Duration.ofMillis(250);

  private final AppSettings settings;
  private final ApiKeys keys;
  private final SessionStore sessions;
  private final PagesConfig config;
  private final ObjectMapper mapper;

  @Inject
  WelcomePrinter(
      AppSettings settings,
      ApiKeys keys,
      SessionStore sessions,
      PagesConfig config,
      ObjectMapper mapper) {
    this.settings = settings;
    this.keys = keys;
    this.sessions = sessions;
    this.config = config;
    this.mapper = mapper;
  }

  /**
   * Says that the gateway is ready; prints the link as soon as the database answers, or after a
   * minute how to get one.
   */
  void start() {
    System.out.println("Whetstone is ready at http://localhost:" + settings.port());
    System.out.println(
        settings.databaseUrl() == null
            ? "Keys: " + settings.keyFile()
            : "Keys: ./whetstone keys create operator");
    Thread.ofVirtual().name("whetstone-welcome").start(this::print);
  }

  private void print() {
    if (settings.databaseUrl() != null) {
      return;
    }
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      try {
        link().ifPresent(System.out::println);
        return;
      } catch (DatabaseUnavailableException opening) {
        LockSupport.parkNanos(PAUSE.toNanos());
      } catch (IOException | RuntimeException failed) {
        LOG.warnf("no link to the pages could be made: %s", failed.getMessage());
        break;
      }
    }
    System.out.println("A link to the pages: ./whetstone open");
  }

  private Optional<String> link() throws IOException {
    // adds the file's keys to the database
    keys.refresh();
    return KeyFile.read(settings.keyFile(), mapper).stream()
        .filter(stored -> stored.key().role() == Role.OPERATOR)
        .findFirst()
        .map(
            operator ->
                "Open http://localhost:%d/welcome/%s"
                    .formatted(
                        settings.port(),
                        sessions.createLink(operator.key().id(), config.link(), "gateway start")));
  }
}
