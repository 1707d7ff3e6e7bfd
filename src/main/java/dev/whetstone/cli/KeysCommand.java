package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.database.Database;
import dev.whetstone.security.KeyStore;
import dev.whetstone.security.KeyUsers;
import dev.whetstone.security.Role;
import dev.whetstone.settings.InvalidSettingException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Creates, lists and revokes API keys in the database; needs no running gateway. */
@Command(
    name = "keys",
    description = "Creates, lists and revokes API keys.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
public final class KeysCommand {
  private static final String ACTOR = "command line";
  private static final int PAGE = 500;

  private static KeyStore store(Database database) {
    return new KeyStore(database);
  }

  @Command(
      name = "create",
      description = "Creates a key and prints it; it cannot be shown again.",
      mixinStandardHelpOptions = true)
  int create(
      @Parameters(paramLabel = "ROLE", description = "${COMPLETION-CANDIDATES}") Role role,
      @Option(
              names = "--users",
              description =
                  "personal (default): the key is the one user; application: the users that it"
                      + " names are believed.")
          @Nullable KeyUsers users,
      @Option(names = "--note", description = "What the key is for.") @Nullable String note) {
    try (Database database = AppSettings.of(System::getenv).database()) {
      KeyUsers chosen = users == null ? KeyUsers.PERSONAL : users;
      System.out.println(store(database).create(role, chosen, note, ACTOR).secret());
    }
    return 0;
  }

  @Command(
      name = "list",
      description = "Lists keys: id, role, users, state, when it was last used, note.",
      mixinStandardHelpOptions = true)
  int list() {
    try (Database database = AppSettings.of(System::getenv).database()) {
      KeyStore store = store(database);
      String after = "";
      List<KeyStore.Row> page;
      do {
        page = store.page(after, PAGE);
        for (KeyStore.Row key : page) {
          System.out.println(line(key));
          after = key.id();
        }
      } while (page.size() == PAGE);
    }
    return 0;
  }

  private static String line(KeyStore.Row key) {
    return String.join(
        "\t",
        key.id(),
        key.role().label(),
        key.users().label(),
        key.revokedAt() == null ? "valid" : "revoked " + key.revokedAt(),
        key.lastUsedAt() == null ? "never used" : "last used " + key.lastUsedAt(),
        key.note() == null ? "" : key.note());
  }

  @Command(
      name = "revoke",
      description = "Revokes a key; running gateways refuse it within seconds.",
      mixinStandardHelpOptions = true)
  int revoke(@Parameters(paramLabel = "ID", description = "As shown by list.") String id) {
    try (Database database = AppSettings.of(System::getenv).database()) {
      return switch (store(database).revoke(id, ACTOR)) {
        case REVOKED -> 0;
        case UNKNOWN -> throw new InvalidSettingException("there is no key " + id);
        case LAST_OPERATOR ->
            throw new InvalidSettingException(
                id + " is the last operator's key; create another one before it is revoked");
      };
    }
  }
}
