package dev.whetstone.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.pages.PagesConfig;
import dev.whetstone.security.ApiKeys;
import dev.whetstone.security.KeyFile;
import dev.whetstone.security.Role;
import dev.whetstone.security.SessionStore;
import dev.whetstone.security.StoredKey;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Prints the one-time link that signs the owner of this machine in, as the operator of its
 * keys.json. A gateway of a cluster has no such file and prints none: its output is read by others.
 */
@Singleton
final class WelcomePrinter {
  private static final Logger LOG = Logger.getLogger(WelcomePrinter.class);

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

  void print() {
    if (settings.databaseUrl() != null) {
      return;
    }
    try {
      // adds the file's keys to the database
      keys.refresh();
      Optional<StoredKey> operator =
          KeyFile.read(settings.keyFile(), mapper).stream()
              .filter(stored -> stored.key().role() == Role.OPERATOR)
              .findFirst();
      if (operator.isPresent()) {
        String code =
            sessions.createLink(operator.get().key().id(), config.link(), "gateway start");
        System.out.println("Open http://localhost:" + settings.port() + "/welcome/" + code);
        return;
      }
    } catch (IOException | RuntimeException failed) {
      LOG.warnf("no link to the pages could be made: %s", failed.getMessage());
    }
    System.out.println("A link to the pages: ./whetstone open");
  }
}
