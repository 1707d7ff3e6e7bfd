package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.client.GatewayHttpClient;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.lora.Adapters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.EmbeddedAddress;
import dev.whetstone.testing.StorySettings;
import dev.whetstone.testing.TablesOwner;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.Voters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways and one trainer, each a process, that share only a PostgreSQL: each gateway has its
 * own disk.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TwoGatewaysIT {
  private static final Duration A_SECOND = Duration.ofSeconds(1);
  private static final Duration HEALED = Duration.ofSeconds(5);
  private static final Duration LOOPED = Duration.ofMinutes(4);
  private static final int VOTES = 150;
  private static final Duration BETWEEN_VOTES = Duration.ofMillis(500);
  private static final Duration POLL = Duration.ofMillis(20);

  private Path folder;
  private LabGateway first;
  private LabGateway second;
  private Database database;
  private long drawn;

  /** A version with a damaged row, and the reason with which a gateway must refuse it. */
  private record Damaged(String version, String reason) {}

  @BeforeAll
  void start(@TempDir Path kept) throws Exception {
    folder = kept;
    Path home = Files.createDirectories(folder.resolve("one"));
    first = LabGateway.start(LabGateway.command(), home, StorySettings.product());
    String url = EmbeddedAddress.of(home);
    database = new Database(DatabaseConfig.of(folder, url));
    Path other = Files.createDirectories(folder.resolve("two"));
    Files.copy(home.resolve("keys.json"), other.resolve("keys.json"));
    Map<String, String> settings = StorySettings.product();
    settings.put("WHETSTONE_DATABASE_URL", url);
    settings.put("WHETSTONE_TRAINER_START", "false");
    second = LabGateway.start(LabGateway.command(), other, settings);
  }

  @AfterAll
  void stop() {
    second.close();
    database.close();
    first.close();
  }

  @BeforeEach
  void startFromV0() throws Exception {
    rollBack(first, "v0");
    awaitServed(second, "v0", HEALED);
  }

  @Test
  void aChangeThroughOneIsServedByTheOtherWithinASecond() throws Exception {
    String version = imported(first);
    for (int round = 0; round < 5; round++) {
      promote(first, version);
      assertThat(writer(first)).isEqualTo(version);
      awaitServed(second, version, A_SECOND);

      rollBack(second, "v0");
      assertThat(writer(second)).isEqualTo("v0");
      awaitServed(first, "v0", A_SECOND);
    }
  }

  @Test
  void aLostNotificationIsHealedWithinFiveSeconds() throws Exception {
    String version = imported(second);

    flipSilently(version);

    awaitServed(first, version, HEALED);
    awaitServed(second, version, HEALED);
  }

  @Test
  void aRestartedGatewayComesBackOnTheRightVersion() throws Exception {
    String version = imported(first);

    second.process().destroyForcibly().waitFor();
    promote(first, version);
    second = second.restart();
    assertThat(writer(second)).isEqualTo(version);

    second.process().destroy();
    second.process().waitFor();
    rollBack(first, "v0");
    second = second.restart();
    assertThat(writer(second)).isEqualTo("v0");
  }

  @Test
  void anUnsoundVersionIsRefusedByBothAndNothingChanges() throws Exception {
    String sound = imported(first);
    promote(first, sound);
    awaitServed(second, sound, A_SECOND);
    for (Damaged unsound : damagedVersions()) {
      for (LabGateway gateway : List.of(first, second)) {
        LabGateway.Answer answer =
            gateway.post("operator", "/policies/" + unsound.version() + "/promote", Map.of());
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.body().path("code").asText()).isEqualTo("policy_refused");
        assertThat(answer.body().path("detail").asText()).contains(unsound.reason());
      }
      // as if the row of a sound version were damaged just after its promotion
      flipSilently(unsound.version());
      for (LabGateway gateway : List.of(first, second)) {
        awaitProblem(gateway, true);
        assertThat(writer(gateway)).isEqualTo(sound);
        assertThat(gateway.getText("operator", "/q/metrics"))
            .contains("whetstone_policies_problem 1.0");
      }
      awaitReports(unsound.reason());
      flipSilently(sound);
      for (LabGateway gateway : List.of(first, second)) {
        awaitProblem(gateway, false);
        assertThat(writer(gateway)).isEqualTo(sound);
      }
    }
  }

  @Test
  void votesThroughBothTrainWhatBothServe() throws Exception {
    try (Voters here = new Voters(() -> first);
        Voters there = new Voters(() -> second)) {
      here.awaitDecided(VOTES / 2);
      there.awaitDecided(VOTES / 2);
      // the trainer gives way to users who never pause
      here.setPause(BETWEEN_VOTES);
      there.setPause(BETWEEN_VOTES);
      String run = first.postForJson("trainer", "/training/runs", Map.of()).path("id").asText();
      Instant limit = Instant.now().plus(LOOPED);
      String version = "";
      // They go on: the duel takes votes on pairs of both gateways.
      while (version.isEmpty() || !writer(second).equals(version)) {
        JsonNode state = second.get("operator", "/training/runs/" + run);
        version = state.path("policy").asText("");
        assertThat(state.path("status").asText()).isNotIn("failed", "cancelled");
        assertThat(Instant.now()).as(() -> rollouts() + "; " + state).isBefore(limit);
        Thread.sleep(50);
      }
      assertThat(writer(first)).isEqualTo(version);
    }
  }

  private String rollouts() {
    try {
      return second.get("operator", "/rollouts").toString();
    } catch (IOException | InterruptedException unavailable) {
      return unavailable.toString();
    }
  }

  /** One version with each kind of damage. */
  private List<Damaged> damagedVersions() throws Exception {
    LoraAdapter sound = adapter();
    byte[] bytes = PeftFiles.tensors(sound);
    byte[] notANumber = bytes.clone();
    Arrays.fill(notANumber, bytes.length - 4, bytes.length, (byte) 0xff);
    byte[] corrupted = bytes.clone();
    corrupted[bytes.length - 3] ^= 1;
    LoraAdapter foreign = Adapters.tiny(++drawn);
    return List.of(
        damaged(corrupted, "", 4, "its content has the hash"),
        damaged(Arrays.copyOf(bytes, bytes.length / 2), "", 4, "truncated"),
        damaged(notANumber, "", 4, "NaN"),
        damaged(bytes, "", 8, "do not have rank 8"),
        damaged(PeftFiles.tensors(foreign), PeftFiles.hash(foreign), 1, "maps 4 to 4 values"));
  }

  /** A new version whose row gets other content, another rank and, if not empty, another hash. */
  private Damaged damaged(byte[] content, String hash, int rank, String reason) throws Exception {
    String version = imported(first);
    changed(
        "UPDATE policies SET adapter = ?, rank = ?, alpha = 2 * ?,"
            + " hash = coalesce(nullif(?, ''), hash) WHERE version = ?",
        content,
        rank,
        rank,
        hash,
        version);
    return new Damaged(version, reason);
  }

  /** Makes a version the champion without a notification. */
  private void flipSilently(String version) {
    changed(
        "UPDATE aliases SET revision = revision + 1, champion = ?, candidate = NULL, previous = 0",
        Integer.parseInt(version.substring(1)));
  }

  private void changed(String sql, Object... values) {
    assertThat(TablesOwner.update(database, sql, values)).isOne();
  }

  private LoraAdapter adapter() throws IOException {
    return Adapters.of(TestModels.tiny().config(), 4, ++drawn);
  }

  private String imported(LabGateway gateway) throws Exception {
    return imported(gateway, adapter(), folder);
  }

  /** The version that an adapter becomes, sent as PEFT's files, which are left in a folder. */
  static String imported(LabGateway gateway, LoraAdapter adapter, Path folder) throws Exception {
    return imported(gateway.asOperator(), adapter, folder);
  }

  static String imported(GatewayHttpClient operator, LoraAdapter adapter, Path folder)
      throws IOException {
    Path peft = Files.createTempDirectory(folder, "adapter");
    Path tensors = peft.resolve("adapter_model.safetensors");
    Path config = peft.resolve("adapter_config.json");
    Files.write(tensors, PeftFiles.tensors(adapter));
    Files.writeString(config, PeftFiles.config(adapter, "tiny"));
    return operator
        .post("/policies", Map.of("adapter_model", tensors, "adapter_config", config))
        .path("version")
        .asText();
  }

  private static void promote(LabGateway gateway, String version) throws Exception {
    gateway.postForJson("operator", "/policies/" + version + "/promote", Map.of());
  }

  private static void rollBack(LabGateway gateway, String to) throws Exception {
    gateway.postForJson("operator", "/rollback", Map.of("to", to, "reason", "a test"));
  }

  /** The version that writes a gateway's answers. */
  private static String writer(LabGateway gateway) throws Exception {
    return gateway
        .postForJson("operator", "/generate", Map.of("prompt", "The film", "max_tokens", 1))
        .path("policy")
        .asText();
  }

  private static void awaitServed(LabGateway gateway, String version, Duration limit)
      throws Exception {
    Instant end = Instant.now().plus(limit);
    while (!writer(gateway).equals(version)) {
      assertThat(Instant.now()).as(version + " is not served within " + limit).isBefore(end);
    }
  }

  /**
   * Waits until a gateway's readiness tells that there is a problem, or none. Anyone may ask it, so
   * the reason is in the report to operators alone.
   */
  private static void awaitProblem(LabGateway gateway, boolean expected) throws Exception {
    await(expected ? "a problem" : "no problem")
        .atMost(HEALED)
        .pollInterval(POLL)
        .until(
            () -> {
              JsonNode ready = gateway.get("operator", "/q/health/ready");
              assertThat(ready.path("status").asText()).isEqualTo("UP");
              return ready;
            },
            ready -> ready.findPath("problem").asBoolean() == expected);
  }

  // gateways' reports in the database lag by at most about a second
  private void awaitReports(String reason) throws Exception {
    JsonNode reports =
        await("a report of " + reason)
            .atMost(HEALED)
            .pollInterval(POLL)
            .until(
                () -> first.get("operator", "/policies").path("gateways"),
                all -> all.toString().contains(reason));
    assertThat(reports).hasSizeGreaterThanOrEqualTo(2);
  }
}
