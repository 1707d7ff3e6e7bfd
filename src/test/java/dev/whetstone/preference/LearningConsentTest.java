package dev.whetstone.preference;

import static dev.whetstone.preference.LogFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.rating.RaterQueue;
import dev.whetstone.preference.rating.RaterQueue.Rater;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a request, a user or a key refuses to let be learned, on a real PostgreSQL. */
@Tag("database")
class LearningConsentTest extends LogTest {
  private static final Instant EXPIRES = NOW.plusSeconds(3600);

  private LearningConsent consent;
  private TrainingVotes votes;

  @BeforeEach
  void aLog() {
    consent = new LearningConsent(log.database);
    votes = new TrainingVotes(log.database, "hash0");
    log.execute(
        "INSERT INTO keys (id, role, hash) VALUES ('chat_1', 'rater', sha256('k')) ON CONFLICT DO"
            + " NOTHING");
  }

  @AfterEach
  void everybodyAllows() {
    log.execute("DELETE FROM learning_refusals");
    log.execute("UPDATE keys SET learn = true");
  }

  @Test
  void aRequestThatRefusesIsKeptAndNeitherOfferedNorUsable() {
    Pair refused = refusing(TestPairs.of("pair_1", "chat_1", "ann", EXPIRES));

    assertThat(log.log.storePair(refused)).isFalse();
    VoteOutcome.Recorded vote = vote("pair_1", "chat_1", "ann");

    assertThat(vote.unusable()).isEqualTo(Unusable.NO_CONSENT);
    assertThat(votes.count(0, 0, 0).usable()).isZero();
    assertThat(leased()).isEmpty();
    assertThat(log.rows(PreferenceFilter.ALL)).hasSize(1);
  }

  @Test
  void aKeyThatRefusesTakesEarlierPairsOutAndKeepsThoseOfMeanwhileOut() {
    log.log.storePair(TestPairs.of("before", "chat_1", "ann", EXPIRES));
    assertThat(vote("before", "chat_1", "ann").unusable()).isNull();
    assertThat(votes.count(0, 0, 0).usable()).isOne();
    String revision = votes.revision();

    assertThat(consent.setKey("chat_1", false, "asked", "operator_1")).isTrue();
    assertThat(consent.setKey("nobody", false, "asked", "operator_1")).isFalse();

    assertThat(votes.revision()).isNotEqualTo(revision);
    assertThat(votes.count(0, 0, 0).usable()).isZero();
    assertThat(consent.mayLearn("chat_1", "ann")).isFalse();
    assertThat(log.log.storePair(TestPairs.of("meanwhile", "chat_1", "ann", EXPIRES))).isFalse();
    assertThat(leased()).isEmpty();

    consent.setKey("chat_1", true, "asked", "operator_1");

    assertThat(vote("meanwhile", "chat_1", "ann").unusable()).isEqualTo(Unusable.NO_CONSENT);
    assertThat(votes.count(0, 0, 0).usable()).isOne();
  }

  @Test
  void aUserThatRefusesIsOneOfAKeyOrOfAll() {
    log.log.storePair(TestPairs.of("ann", "chat_1", "ann", EXPIRES));
    log.log.storePair(TestPairs.of("bob", "chat_1", "bob", EXPIRES));
    vote("ann", "chat_1", "ann");
    vote("bob", "chat_1", "bob");

    consent.setUser("ann", "chat_2", false, "asked", "operator_1");
    assertThat(votes.count(0, 0, 0).usable()).isEqualTo(2);
    String revision = votes.revision();
    consent.setUser("ann", "chat_1", false, "asked", "operator_1");
    assertThat(votes.count(0, 0, 0).usable()).isOne();
    assertThat(votes.revision()).isNotEqualTo(revision);
    consent.setUser("bob", null, false, "asked", "operator_1");
    assertThat(votes.count(0, 0, 0).usable()).isZero();
    consent.setUser("bob", null, true, "asked", "operator_1");
    assertThat(votes.count(0, 0, 0).usable()).isOne();
  }

  @Test
  void aRatersVoteIsNotUsedWhenTheRaterRefuses() {
    log.log.storePair(TestPairs.of("pair", "chat_1", "ann", EXPIRES));
    log.vote("pair", "kim", "b");
    assertThat(votes.count(0, 0, 0).usable()).isOne();

    consent.setUser("kim", "kim", false, "asked", "operator_1");

    assertThat(votes.count(0, 0, 0).usable()).isZero();
  }

  @Test
  void theAuditDoesNotNameTheUser() {
    consent.setUser("ann@example", null, false, "asked", "operator_1");

    List<String> subjects =
        log.database.list(
            row -> row.getString(1) + row.getString(2), "SELECT subject, detail FROM audit");
    assertThat(subjects).isNotEmpty().noneMatch(subject -> subject.contains("ann@example"));
  }

  private static VoteOutcome.Recorded vote(String pair, String key, String user) {
    return (VoteOutcome.Recorded)
        log.log.vote(
            new VoteRequest(
                "pref_" + pair, pair, key, user, new Choice.A(), null, List.of(), null));
  }

  private static Optional<RaterQueue.LeasedPair> leased() {
    return new RaterQueue(log.database, log.clock)
        .leaseNext(new Rater("rater_1", "kim"), 3, Duration.ofMinutes(10), null);
  }

  private static Pair refusing(Pair pair) {
    return new Pair(
        pair.pairId(),
        pair.keyId(),
        pair.user(),
        pair.prompt(),
        pair.a(),
        pair.b(),
        pair.baseHash(),
        pair.sampling(),
        pair.metadata(),
        pair.createdAt(),
        pair.expiresAt(),
        false);
  }
}
