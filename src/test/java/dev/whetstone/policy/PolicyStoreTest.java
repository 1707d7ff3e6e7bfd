package dev.whetstone.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.Sql;
import dev.whetstone.lora.Adapters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.SharedPostgres;
import dev.whetstone.testing.TablesOwner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Versions and aliases in a real PostgreSQL. */
@Tag("database")
class PolicyStoreTest {
  private static final ChangeContext OPERATOR = new ChangeContext("operator_1", "because");
  private static Database database;
  private static int bases;

  private PolicyStore store;
  private AliasStore aliases;

  @BeforeAll
  static void start() {
    database = new Database(SharedPostgres.create());
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @BeforeEach
  void openABase() {
    store = new PolicyStore(database, "base" + bases++);
    store.open();
    store.open();
    aliases = new AliasStore(store);
  }

  @Test
  void theBaseIsTheFirstChampion() {
    assertThat(store.page(Long.MAX_VALUE, 10))
        .singleElement()
        .extracting(PolicyRecord::version)
        .isEqualTo("v0");
    assertThat(read()).isEqualTo(new Aliases(0, "v0", null, null));
    assertThat(store.load(row("v0")).isBase()).isTrue();
  }

  @Test
  void whoAsksADatabaseThatCameLateFindsTheBase() {
    PolicyStore late = new PolicyStore(database, "late" + bases);
    assertThat(database.statement(new AliasStore(late)::read))
        .isEqualTo(new Aliases(0, "v0", null, null));
    PolicyStore later = new PolicyStore(database, "later" + bases++);
    PolicyRecord stored =
        later
            .register(
                Adapters.tiny(5),
                new Provenance(null, null, null),
                PolicyStatus.CANDIDATE,
                OPERATOR)
            .row();
    assertThat(stored.version()).isEqualTo("v1");
  }

  @Test
  void numbersHaveNoGapsWhenRegistrationsRunAtOnce() throws Exception {
    try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> all = new ArrayList<>();
      IntStream.range(0, 24).forEach(i -> all.add(() -> register(i % 12)));
      List<String> versions = new ArrayList<>();
      for (Future<String> one : workers.invokeAll(all)) {
        versions.add(one.get());
      }
      assertThatThrownBy(() -> register(99, "v77")).isInstanceOf(PolicyException.Unknown.class);
      versions.add(register(100));
      assertThat(versions.stream().distinct())
          .containsExactlyInAnyOrderElementsOf(
              IntStream.rangeClosed(1, 13).mapToObj(i -> "v" + i).toList());
    }
  }

  @Test
  void anAdapterComesBackAsItWasStored() {
    LoraAdapter adapter = Adapters.tiny(5);
    PolicyRecord row =
        store
            .register(adapter, new Provenance("v0", "run_1", "abc"), PolicyStatus.HELD, OPERATOR)
            .row();

    assertThat(row.version()).isEqualTo("v1");
    assertThat(row.hash()).isEqualTo(PeftFiles.hash(adapter));
    assertThat(row.provenance()).isEqualTo(new Provenance("v0", "run_1", "abc"));
    assertThat(row.targetModules()).containsExactly("q_proj");
    LoraAdapter loaded = Objects.requireNonNull(store.load(row).adapter());
    assertThat(PeftFiles.tensors(loaded)).isEqualTo(PeftFiles.tensors(adapter));
    assertThat(store.find(row.hash())).contains(row);
  }

  @Test
  void aTamperedRowIsRefusedWithTheReason() {
    register(1);
    byte[] good = PeftFiles.tensors(Adapters.tiny(1));
    byte[] other = PeftFiles.tensors(Adapters.tiny(2));
    byte[] notANumber = good.clone();
    notANumber[good.length - 1] = 0x7f;
    notANumber[good.length - 2] = (byte) 0xff;
    assertRefused(other, "has the hash");
    assertRefused(notANumber, "NaN");
    assertRefused(Arrays.copyOf(good, good.length - 4), "truncated");
    assertRefused(new byte[3], "not a safetensors file");
    tamper("UPDATE policies SET adapter = ? WHERE base_hash = ? AND number = 1", good);
    assertThat(store.load(row("v1")).adapter()).isNotNull();
    tamper("UPDATE policies SET rank = length(?) WHERE base_hash = ? AND number = 1", new byte[2]);
    assertThatThrownBy(() -> store.load(row("v1"))).hasMessageContaining("do not have rank 2");
  }

  private void assertRefused(byte[] content, String reason) {
    tamper("UPDATE policies SET adapter = ? WHERE base_hash = ? AND number = 1", content);
    assertThatThrownBy(() -> store.load(row("v1")))
        .isInstanceOf(PolicyException.Refused.class)
        .hasMessageStartingWith("v1 is refused: ")
        .hasMessageContaining(reason);
  }

  private void tamper(String sql, byte[] content) {
    TablesOwner.update(database, sql, content, store.baseHash());
  }

  @Test
  void theApplicationCannotChangeWhatAVersionIs() {
    register(1);
    for (String change :
        List.of(
            "UPDATE policies SET hash = 'x'",
            "UPDATE policies SET adapter = NULL",
            "DELETE FROM policies",
            "DELETE FROM aliases",
            "UPDATE alias_history SET actor = 'x'")) {
      assertThatThrownBy(() -> database.transaction(c -> Sql.update(c, change)))
          .isInstanceOfSatisfying(
              DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("42501"));
    }
    assertThatThrownBy(
            () -> database.transaction(c -> Sql.update(c, "UPDATE aliases SET champion = NULL")))
        .isInstanceOf(DatabaseException.class);
    assertThatThrownBy(
            () -> database.transaction(c -> Sql.update(c, "UPDATE aliases SET champion = 77")))
        .isInstanceOf(DatabaseException.class);
  }

  @Test
  void rollbacksGoFurtherBackEachTime() {
    register(1);
    register(2);
    register(3);
    assertThat(promote("v1")).isEqualTo(new Aliases(1, "v1", null, "v0"));
    assertThat(promote("v2")).isEqualTo(new Aliases(2, "v2", null, "v1"));
    assertThat(promote("v2")).isEqualTo(new Aliases(2, "v2", null, "v1"));
    assertThat(promote("v3")).isEqualTo(new Aliases(3, "v3", null, "v2"));

    assertThat(rollBack(null)).isEqualTo(new Aliases(4, "v2", null, "v1"));
    assertThat(row("v3").rolledBackAt()).isNotNull();
    assertThat(rollBack(null)).isEqualTo(new Aliases(5, "v1", null, "v0"));
    assertThat(rollBack("v1")).isEqualTo(new Aliases(5, "v1", null, "v0"));
    assertThat(rollBack(null)).isEqualTo(new Aliases(6, "v0", null, null));
    assertThatThrownBy(() -> rollBack(null)).isInstanceOf(PolicyException.NoPreviousVersion.class);

    assertThat(promote("v3")).isEqualTo(new Aliases(7, "v3", null, "v0"));
    assertThat(promote("v2")).isEqualTo(new Aliases(8, "v2", null, "v3"));
    assertThat(rollBack("v0")).isEqualTo(new Aliases(9, "v0", null, null));
    assertThat(promote("v3")).isEqualTo(new Aliases(10, "v3", null, "v0"));
    assertThat(promote("v0")).isEqualTo(new Aliases(11, "v0", null, "v3"));
    assertThat(rollBack(null)).isEqualTo(new Aliases(12, "v3", null, "v0"));
    assertThat(row("v3").rolledBackAt()).isNull();
    assertThat(database.<List<String>>statement(c -> aliases.lastChampions(c, 3)))
        .containsExactly("v3", "v0", "v2");
    assertThat(count("alias_history WHERE base_hash = '" + store.baseHash() + "'")).isEqualTo(13);
  }

  @Test
  void aCandidateOnTopOfARolledBackVersionIsHeld() {
    register(1);
    register(2, "v1");
    register(3, "v2");
    promote("v1");
    assertThat(setCandidate("v3").candidate()).isEqualTo("v3");

    assertThat(rollBack("v0")).isEqualTo(new Aliases(3, "v0", null, null));

    assertThat(row("v3").status()).isEqualTo(PolicyStatus.HELD);
    assertThat(row("v3").statusReason()).contains("v1");
    assertThat(database.<Optional<String>>statement(c -> store.rolledBackAncestor(c, "v3")))
        .contains("v1");
    assertThat(count("audit WHERE version = 'v3' AND action = 'held'")).isOne();
  }

  private String register(long seed) {
    return register(seed, null);
  }

  private String register(long seed, @Nullable String parent) {
    Provenance provenance = new Provenance(parent, null, null);
    return store
        .register(Adapters.tiny(seed), provenance, PolicyStatus.READY, OPERATOR)
        .row()
        .version();
  }

  private PolicyRecord row(String version) {
    return store.find(version).orElseThrow();
  }

  private Aliases read() {
    return database.<Aliases>statement(aliases::read);
  }

  private Aliases promote(String version) {
    return database
        .<AliasStore.AliasChange>transaction(c -> aliases.promote(c, version, OPERATOR))
        .aliases();
  }

  private Aliases setCandidate(String version) {
    return database
        .<AliasStore.AliasChange>transaction(c -> aliases.setCandidate(c, version, OPERATOR))
        .aliases();
  }

  private Aliases rollBack(@Nullable String to) {
    return database
        .<AliasStore.AliasChange>transaction(c -> aliases.rollBack(c, to, OPERATOR))
        .aliases();
  }

  private int count(String from) {
    return database.<Integer>statement(
        c -> Sql.first(c, row -> row.getInt(1), "SELECT count(*) FROM " + from).orElseThrow());
  }
}
