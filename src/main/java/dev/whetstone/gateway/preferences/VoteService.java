package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.FreeSpace;
import dev.whetstone.gateway.http.RateLimiter;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.VoteOutcome;
import dev.whetstone.preference.VoteRequest;
import dev.whetstone.preference.rating.VoteWithdrawal;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Records votes and takes them back, within the limits of a key and of the disk. */
@Singleton
final class VoteService {
  private final PreferenceLog log;
  private final VoteWithdrawal withdrawals;
  private final RateLimiter limits;
  private final FreeSpace space;

  @Inject
  VoteService(PreferenceLog log, VoteWithdrawal withdrawals, RateLimiter limits, FreeSpace space) {
    this.log = log;
    this.withdrawals = withdrawals;
    this.limits = limits;
    this.space = space;
  }

  /**
   * Records a vote.
   *
   * @throws dev.whetstone.gateway.http.ProblemException when the caller is over its rate or the
   *     disk is full
   */
  VoteOutcome vote(VoteRequest vote) {
    limits.admit(vote.keyId(), vote.user());
    space.require();
    return log.vote(vote);
  }

  /** Takes a vote back, unless it counts already; of any user where none is named. */
  VoteWithdrawal.Result takeBack(String id, String keyId, @Nullable String user) {
    limits.admit(keyId, user);
    return withdrawals.takeBack(id, keyId, user);
  }
}
