package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.evidence.ForecastEvidence;
import dev.whetstone.rollout.evidence.ForecastEvidence.Forecast;
import dev.whetstone.rollout.evidence.VoteAdmission;
import dev.whetstone.rollout.gate.Gate;
import dev.whetstone.rollout.gate.GateDataset.JudgedPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * The automatic mode's evidence about a candidate. Each vote of the gate part since the champion's
 * promotion is scored once, when it is first seen, and stored with what it told and its place: what
 * is erased, excluded or pushed out of a window later changes nothing, so that all looks together
 * are at one e-process. Only the leader takes votes.
 */
final class ForecastStore {
  private final Database database;
  private final Gate gate;
  private final InstantSource clock;
  private final Duration delay;

  /**
   * Creates a store.
   *
   * @param delay age at which a vote is taken; until then it can be taken back
   */
  ForecastStore(Database database, Gate gate, InstantSource clock, Duration delay) {
    this.database = database;
    this.gate = gate;
    this.clock = clock;
    this.delay = delay;
  }

  /** Takes the votes that came since the last call; returns all that was taken so far. */
  ForecastEvidence take(String subject, Policy candidate, Policy champion, Instant since) {
    Instant until = clock.instant().minus(delay);
    List<JudgedPair> next = gate.untaken(subject, since, until);
    while (!next.isEmpty()) {
      List<JudgedPair> votes = next;
      double[] gains = gate.gains(candidate, champion, votes);
      database.transaction(
          connection -> {
            ForecastEvidence evidence = restore(connection, subject);
            for (int i = 0; i < gains.length; i++) {
              take(connection, subject, votes.get(i), gains[i], evidence);
            }
            return gains.length;
          });
      next = gate.untaken(subject, since, until);
    }
    return database.statement(connection -> restore(connection, subject));
  }

  private static ForecastEvidence restore(Connection connection, String subject)
      throws SQLException {
    ForecastEvidence evidence = new ForecastEvidence();
    Sql.list(
        connection,
        row -> {
          evidence.restore(
              new Forecast(
                  row.getInt("voter"),
                  row.getString("prompt"),
                  row.getString("pair"),
                  row.getString("conversation"),
                  row.getDouble("gain")),
              row.getBoolean("counted"));
          return true;
        },
        "SELECT voter, prompt, pair, conversation, gain, counted AND"
            + EvidenceStore.OF_COUNTED_KEYS
            + " AS counted FROM evidence_votes WHERE subject = ? AND gain IS NOT NULL ORDER BY place",
        subject);
    return evidence;
  }

  private static void take(
      Connection connection,
      String subject,
      JudgedPair vote,
      double gain,
      ForecastEvidence evidence)
      throws SQLException {
    int voter = EvidenceStore.voter(connection, subject, vote.key(), vote.user());
    VoteAdmission.Reason reason =
        evidence.add(new Forecast(voter, vote.question(), vote.pair(), vote.conversation(), gain));
    Sql.update(
        connection,
        "INSERT INTO evidence_votes (subject, preference_id, seq, voter, prompt, pair,"
            + " conversation, gain, counted, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        subject,
        vote.id(),
        vote.seq(),
        voter,
        vote.question(),
        vote.pair(),
        vote.conversation(),
        gain,
        reason == VoteAdmission.Reason.COUNTED,
        reason.label());
  }
}
