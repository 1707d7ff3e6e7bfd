package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.security.ApiKey;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.security.KeyStore;
import dev.whetstone.testing.CommandProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./whetstone keys} with a process for each command. */
@Tag("process")
class KeysCommandTest {
  @TempDir Path home;

  private record Result(int exit, String out) {}

  @Test
  void keysAreCreatedListedAndRevoked() throws Exception {
    // stays open so that no command has to start PostgreSQL
    try (Database database = new Database(DatabaseConfig.of(home, null));
        ApiKeyCache gateway =
            new ApiKeyCache(new KeyStore(database), List.of(), false, InstantSource.system())) {
      database.open();

      Result operator = keys("create", "operator");
      Result made = keys("create", "chat", "--note", "night shift");
      assertThat(List.of(operator.exit, made.exit)).containsOnly(0);
      assertThat(made.out).matches("wsk_chat_[0-9A-Za-z]{40}\n");
      gateway.refresh();
      ApiKey key = gateway.authenticate(made.out.strip()).orElseThrow();

      Result list = keys("list");
      assertThat(list.out.lines().toList()).hasSize(2);
      assertThat(list.out).contains(key.id() + "\tchat\tpersonal\tvalid\tnever used\tnight shift");
      assertThat(list.out).doesNotContain("wsk_");

      assertThat(keys("revoke", key.id()).exit).isZero();
      gateway.refresh();
      assertThat(gateway.authenticate(made.out.strip())).isEmpty();
      assertThat(keys("list").out).contains(key.id() + "\tchat\tpersonal\trevoked ");

      Result unknown = keys("revoke", "chat_00000000");
      assertThat(unknown.exit).isEqualTo(2);
      assertThat(unknown.out)
          .isEqualTo(
              "whetstone: there is no key chat_00000000; ./whetstone keys list shows those there"
                  + " are\n");
      assertThat(keys("list", "--json").out)
          .contains("\"id\" : \"" + key.id() + "\"", "\"note\" : \"night shift\"")
          .doesNotContain("wsk_");
      String last =
          list.out
              .lines()
              .filter(line -> line.startsWith("operator"))
              .findFirst()
              .orElseThrow()
              .split("\t", 2)[0];
      assertThat(keys("revoke", last).out).contains("is the last operator's key");
      assertThat(keys("create", "king").exit).isEqualTo(2);
    }
  }

  /** A key on a command line is read by whoever lists processes. */
  @Test
  void theKeyMayComeByTheEnvironment() throws Exception {
    ProcessBuilder builder = CommandProcess.of(home, "open", "--url", "http://localhost:1");
    builder.environment().put("WHETSTONE_KEY", "wsk operator");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(out).contains("whetstone: the key is not an API key");
    assertThat(process.waitFor()).isEqualTo(2);
  }

  private Result keys(String... arguments) throws IOException, InterruptedException {
    ProcessBuilder builder = CommandProcess.of(home, "keys", arguments);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String own =
        out.lines()
            .filter(line -> !line.matches("\\d{4}-.*") && !line.startsWith("WARNING"))
            .map(line -> line + "\n")
            .reduce("", String::concat);
    return new Result(process.waitFor(), own);
  }
}
