package dev.whetstone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.app.AppSettings;
import dev.whetstone.database.Database;
import dev.whetstone.security.KeyStore;
import dev.whetstone.security.KeyUsers;
import dev.whetstone.security.Role;
import dev.whetstone.settings.InvalidSettingException;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Creates, lists and revokes API keys in the database; needs no running gateway. */
@Command(
    name = "keys",
    description = "Creates, lists and revokes API keys.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = CommandHelp.EXAMPLES,
    footer = {"  ./whetstone keys create chat --note website", "  ./whetstone keys list --json"})
public final class KeysCommand {
  private static final String ACTOR = "command line";
  private static final int PAGE = 500;

  /** For the help and the shell's completion. */
  static final class RoleNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of(Role.values()).map(Role::label).iterator();
    }
  }

  /** For the shell's completion. */
  static final class UsersNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of(KeyUsers.values()).map(KeyUsers::label).iterator();
    }
  }

  private static KeyStore store(Database database) {
    return new KeyStore(database);
  }

  @Command(
      name = "create",
      description = "Creates a key and prints it; it cannot be shown again.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = {
        "  ./whetstone keys create chat",
        "  ./whetstone keys create chat --users application --note \"the web shop\" --json"
      })
  int create(
      @Parameters(
              paramLabel = "ROLE",
              completionCandidates = RoleNames.class,
              description = "What it may do: ${COMPLETION-CANDIDATES}.")
          Role role,
      @Option(
              names = "--users",
              paramLabel = "USERS",
              completionCandidates = UsersNames.class,
              description =
                  "personal (default): the key is the one user; application: the users that it"
                      + " names are believed.")
          @Nullable KeyUsers users,
      @Option(names = "--note", paramLabel = "TEXT", description = "What the key is for.")
          @Nullable String note,
      @Mixin OutputOptions output) {
    try (Database database = AppSettings.of(System::getenv).database()) {
      KeyUsers chosen = users == null ? KeyUsers.PERSONAL : users;
      KeyStore.Created created = store(database).create(role, chosen, note, ACTOR);
      ObjectNode row =
          JsonNodeFactory.instance
              .objectNode()
              .put("id", created.key().id())
              .put("role", role.label())
              .put("users", chosen.label())
              .put("key", created.secret())
              .put("note", note);
      output.print(row, created.secret());
    }
    return 0;
  }

  @Command(
      name = "list",
      description = "Lists keys: id, role, users, state, when it was last used, note.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone keys list")
  int list(@Mixin OutputOptions output) {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    StringBuilder text = new StringBuilder();
    try (Database database = AppSettings.of(System::getenv).database()) {
      KeyStore store = store(database);
      String after = "";
      List<KeyStore.Row> page;
      do {
        page = store.page(after, PAGE);
        for (KeyStore.Row key : page) {
          rows.add(json(key));
          text.append(line(key)).append('\n');
          after = key.id();
        }
      } while (page.size() == PAGE);
    }
    output.print(rows, text.toString());
    return 0;
  }

  /** A key as {@code GET /keys} shows it. */
  private static ObjectNode json(KeyStore.Row key) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", key.id())
        .put("role", key.role().label())
        .put("users", key.users().label())
        .put("counted", key.counted())
        .put("note", key.note())
        .put("created_at", key.createdAt().toString())
        .put("last_used_at", text(key.lastUsedAt()))
        .put("revoked_at", text(key.revokedAt()));
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
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
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone keys revoke chat_8ab2879f")
  int revoke(@Parameters(paramLabel = "ID", description = "As shown by list.") String id) {
    try (Database database = AppSettings.of(System::getenv).database()) {
      return switch (store(database).revoke(id, ACTOR)) {
        case REVOKED -> 0;
        case UNKNOWN ->
            throw new InvalidSettingException(
                "there is no key " + id + "; ./whetstone keys list shows those there are");
        case LAST_OPERATOR ->
            throw new InvalidSettingException(
                id + " is the last operator's key; create another one before it is revoked");
      };
    }
  }
}
