package dev.whetstone.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.Sql;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.TextDelta;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.testing.CapturedLog;
import dev.whetstone.testing.ServingFixture;
import dev.whetstone.testing.SharedPostgres;
import dev.whetstone.testing.TablesOwner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways on one PostgreSQL, and what each serves when notifications are lost or data is
 * damaged.
 */
@Tag("alone")
@Tag("database")
class PolicyRouterTest {
  private static final int WIDE = 256;

  @TempDir Path home;

  @Test
  void gatewaysFollowEachOther() throws Exception {
    DatabaseConfig address = SharedPostgres.create();
    try (var one = new ServingFixture(home.resolve("one"), address, "one", true);
        var two = new ServingFixture(home.resolve("two"), address, "two", true);
        var deaf = new ServingFixture(home.resolve("deaf"), address, "deaf", false)) {
      assertThat(List.of(one.champion(), two.champion())).containsOnly("v0");
      String first = one.register(1).version();
      String second = one.register(2).version();
      one.promote(first);
      two.promote(second);
      await().atMost(Duration.ofSeconds(5)).until(() -> one.champion().equals(second));

      one.rollBack(null);
      assertThat(one.champion()).isEqualTo(first);
      await().atMost(Duration.ofSeconds(1)).until(() -> two.champion().equals(first));
      await().atMost(Duration.ofSeconds(5)).until(() -> deaf.champion().equals(first));

      // A listener that reconnects catches up with the changes that it missed.
      killListeners(one);
      two.rollBack(null);
      await().atMost(Duration.ofSeconds(5)).until(() -> one.champion().equals("v0"));
      await().atMost(Duration.ofSeconds(5)).until(() -> deaf.champion().equals("v0"));
      assertThat(two.policies.statusStore().all())
          .hasSize(3)
          .allSatisfy(report -> assertThat(report.problem()).isNull());
    }
  }

  @Test
  void aDamagedVersionIsRefusedEverywhereAndNothingChanges() throws Exception {
    DatabaseConfig address = SharedPostgres.create();
    try (var one = new ServingFixture(home.resolve("one"), address, "one", true);
        var two = new ServingFixture(home.resolve("two"), address, "two", true)) {
      String good = one.register(1).version();
      String bad = one.register(2).version();
      one.promote(good);
      await().atMost(Duration.ofSeconds(5)).until(() -> two.champion().equals(good));
      tamper(one, bad);

      for (ServingFixture gateway : List.of(one, two)) {
        assertThatThrownBy(() -> gateway.promote(bad))
            .isInstanceOf(PolicyException.Refused.class)
            .hasMessageContaining("its content has the hash");
        assertThatThrownBy(() -> gateway.policies.resolve(bad))
            .isInstanceOf(PolicyException.Refused.class);
        assertThat(gateway.champion()).isEqualTo(good);
        assertThat(gateway.policies.refusals()).isEqualTo(2);
      }

      // An alias that was set without checks: both keep what they serve and report the reason.
      one.database.transaction(
          c ->
              Sql.update(
                  c,
                  "UPDATE aliases SET champion = ?, previous = NULL, revision = revision + 1",
                  Integer.parseInt(bad.substring(1))));
      await().atMost(Duration.ofSeconds(5)).until(() -> one.policies.problem() != null);
      await().atMost(Duration.ofSeconds(5)).until(() -> two.policies.problem() != null);
      assertThat(one.policies.problem()).startsWith(bad + " is refused: its content has the hash");
      assertThat(List.of(one.champion(), two.champion())).containsOnly(good);
      await()
          .atMost(Duration.ofSeconds(5))
          .until(
              () -> one.policies.statusStore().all().stream().allMatch(r -> r.problem() != null));
      assertThat(greedy(one, one.policies.serving().champion()).reason())
          .isNotEqualTo(FinishReason.ERROR);

      one.rollBack("v0");
      assertThat(one.policies.problem()).isNull();
      assertThat(one.champion()).isEqualTo("v0");
    }
  }

  /**
   * A database that failed between the aliases and the version was taken for a version that needs
   * no further try, and the gateway stayed on the old one without a word.
   */
  @Test
  void aFailureWhileAVersionIsLoadedIsToldAndTriedAgain() throws Exception {
    DatabaseConfig address = SharedPostgres.create();
    try (var log = CapturedLog.of(PolicyRouter.class);
        var one = new ServingFixture(home.resolve("one"), address, "one", true)) {
      String first = one.register(1).version();
      TablesOwner.update(one.database, "ALTER TABLE policies RENAME TO unreadable");
      TablesOwner.update(one.database, "UPDATE aliases SET revision = revision + 1, champion = 1");
      one.policies.reconcile();
      assertThat(one.champion()).isEqualTo("v0");
      assertThat(one.policies.problem()).contains("could not be applied");
      assertThat(log.complaints())
          .extracting(CapturedLog.Line::message)
          .contains("revision 1 of the aliases could not be applied");

      TablesOwner.update(one.database, "ALTER TABLE unreadable RENAME TO policies");
      await().atMost(Duration.ofSeconds(20)).until(() -> one.champion().equals(first));
      await().atMost(Duration.ofSeconds(5)).until(() -> one.policies.problem() == null);
    }
  }

  @Test
  void aRestartComesBackWithoutTheDatabase() throws Exception {
    DatabaseConfig address = SharedPostgres.create();
    Path disk = home.resolve("disk");
    String champion;
    try (var gateway = new ServingFixture(disk, address, "one", true)) {
      champion = gateway.register(1).version();
      gateway.promote(champion);
    }
    DatabaseConfig unreachable =
        new DatabaseConfig(
            home,
            "postgresql://nobody:x@127.0.0.1:1/none?connectTimeout=1",
            1,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    try (var gateway = new ServingFixture(disk, unreachable, "one", true)) {
      assertThat(gateway.champion()).isEqualTo(champion);
      assertThat(greedy(gateway, gateway.policies.serving().champion()).policy())
          .isEqualTo(champion);
    }
    Path file = cached(disk);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 3] ^= 1;
    Files.write(file, bytes);
    try (var gateway = new ServingFixture(disk, unreachable, "one", true)) {
      assertThat(gateway.champion()).isEqualTo("v0");
      assertThat(file).doesNotExist();
    }
    try (var gateway = new ServingFixture(disk, address, "one", true)) {
      await().atMost(Duration.ofSeconds(5)).until(gateway::champion, champion::equals);
      await().atMost(Duration.ofSeconds(5)).until(() -> Files.exists(file));
    }
  }

  @Test
  void theLastChampionsStayAndOthersFreeTheirMemory() throws Exception {
    try (var gateway =
        new ServingFixture(home.resolve("disk"), SharedPostgres.create(), "one", true)) {
      PolicyRecord[] rows = new PolicyRecord[8];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = gateway.register(i, WIDE);
        gateway.promote(rows[i].version());
      }
      Policy third = gateway.policies.resolve(rows[5].version());
      assertThat(gateway.policies.resolve(rows[5].version())).isSameAs(third);
      long before = 0;
      for (int cycle = 0; cycle < 240; cycle++) {
        if (cycle == 40) {
          before = nativeBytes();
        }
        Policy policy = gateway.policies.resolve(rows[cycle % 5].version());
        gateway.policies.restage(policy);
        assertThat(greedy(gateway, policy).policy()).isEqualTo(policy.version());
      }
      // Half of the growth that 200 leaked adapters would cause.
      long adapter = Files.size(cached(home.resolve("disk")));
      assertThat(nativeBytes() - before).isLessThan(100 * adapter);
      assertThat(gateway.policies.resolve(rows[5].version())).isSameAs(third);
    }
  }

  @Test
  void manyRequestsForOneVersionWaitForOneLoad() throws Exception {
    try (var gateway =
            new ServingFixture(home.resolve("disk"), SharedPostgres.create(), "one", true);
        var requests = Executors.newVirtualThreadPerTaskExecutor()) {
      String version = gateway.register(1, WIDE).version();
      List<Future<Policy>> answers =
          IntStream.range(0, 64)
              .mapToObj(i -> requests.submit(() -> gateway.policies.resolve(version)))
              .toList();

      for (Future<Policy> answer : answers) {
        assertThat(answer.get(30, TimeUnit.SECONDS).version()).isEqualTo(version);
      }
    }
  }

  @Test
  void aRequestThatIsEndedTakesNoOtherWithIt() throws Exception {
    try (var gateway =
            new ServingFixture(home.resolve("disk"), SharedPostgres.create(), "one", true);
        var requests = Executors.newVirtualThreadPerTaskExecutor()) {
      String version = gateway.register(1, WIDE).version();
      Future<Policy> ended =
          requests.submit(
              () -> {
                Thread.currentThread().interrupt();
                return gateway.policies.resolve(version);
              });
      List<Future<Policy>> others =
          IntStream.range(0, 16)
              .mapToObj(i -> requests.submit(() -> gateway.policies.resolve(version)))
              .toList();

      assertThatThrownBy(() -> ended.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(Exception.class);
      for (Future<Policy> other : others) {
        assertThat(other.get(30, TimeUnit.SECONDS).version()).isEqualTo(version);
      }
    }
  }

  static Completion greedy(ServingFixture gateway, Policy policy) {
    var request =
        new GenerationRequest(
            new int[] {5, 6, 7},
            List.of(new CompletionSpec(policy, SamplingParameters.greedy())),
            8,
            Ending.NEVER,
            0,
            false,
            Duration.ofSeconds(30));
    return gateway.engine.submit(request, new Silent()).result().join().getFirst();
  }

  record Silent() implements GenerationListener {
    @Override
    public void onText(TextDelta delta) {}

    @Override
    public void onFinish(int branch, Completion completion) {}
  }

  private static Path cached(Path disk) throws IOException {
    try (Stream<Path> files = Files.walk(disk)) {
      return files.filter(f -> f.toString().endsWith(".safetensors")).findFirst().orElseThrow();
    }
  }

  /** Resident memory outside the Java heap, in bytes. */
  private static long nativeBytes() throws IOException {
    System.gc();
    long resident =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow();
    return resident * 1024 - Runtime.getRuntime().totalMemory();
  }

  private static void tamper(ServingFixture gateway, String version) {
    TablesOwner.update(
        gateway.database,
        "UPDATE policies SET adapter = set_byte(adapter, length(adapter) - 2, 1)"
            + " WHERE version = ?",
        version);
  }

  private static void killListeners(ServingFixture gateway) {
    TablesOwner.update(
        gateway.database,
        "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'whetstone-notifications'; END $$");
  }
}
