package dev.whetstone.preference;

/**
 * A decided vote that can be trained on.
 *
 * @param seq the vote's position in the log
 * @param key id of the key that the vote came with
 * @param user name of the voter under that key
 * @param conversation hash that votes share when their conversations begin with the same user
 *     message
 * @param part of the log that its pair is in
 * @param edit whether the preferred answer is one that a person wrote over the other
 * @param weight of the vote; 1 for a person's plain vote
 * @param prompt token ids, at least one
 * @param chosen sampled ids of the preferred answer
 * @param rejected sampled ids of the other
 */
public record TrainingVote(
    String preferenceId,
    long seq,
    String key,
    String user,
    String conversation,
    Part part,
    boolean edit,
    double weight,
    int[] prompt,
    int[] chosen,
    int[] rejected) {

  /** Who voted: a name means nothing without its key. */
  public String voter() {
    return key + "\n" + user;
  }

  /** The same vote with another weight. */
  public TrainingVote withWeight(double other) {
    return new TrainingVote(
        preferenceId, seq, key, user, conversation, part, edit, other, prompt, chosen, rejected);
  }

  /** The same vote in another part. */
  public TrainingVote withPart(Part other) {
    return new TrainingVote(
        preferenceId, seq, key, user, conversation, other, edit, weight, prompt, chosen, rejected);
  }

  /** Tokens of the prompt and both answers. */
  public int tokens() {
    return prompt.length + chosen.length + rejected.length;
  }
}
