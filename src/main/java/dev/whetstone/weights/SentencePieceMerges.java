package dev.whetstone.weights;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The merges of a SentencePiece vocabulary, which has scores instead: of all neighbours that
 * together are a token, those whose token has the highest score are merged first. So a token is the
 * merge of every two tokens that it can be cut into, in the order of its score.
 */
final class SentencePieceMerges {
  private record Merge(String left, String right, double score, int leftId, int rightId) {}

  private SentencePieceMerges() {}

  /**
   * Adds the merges as pairs, the first ones first.
   *
   * @param ids of the tokens that merges build
   * @param scores by id
   */
  static void addTo(ArrayNode array, Map<String, Integer> ids, double[] scores) {
    List<Merge> merges = new ArrayList<>();
    ids.forEach(
        (token, id) -> {
          for (int at = 1; at < token.length(); at++) {
            if (!Character.isLowSurrogate(token.charAt(at))) {
              Integer left = ids.get(token.substring(0, at));
              Integer right = ids.get(token.substring(at));
              if (left != null && right != null) {
                merges.add(
                    new Merge(
                        token.substring(0, at), token.substring(at), scores[id], left, right));
              }
            }
          }
        });
    merges.sort(
        Comparator.comparingDouble((Merge merge) -> -merge.score)
            .thenComparingInt(Merge::leftId)
            .thenComparingInt(Merge::rightId));
    merges.forEach(merge -> array.addArray().add(merge.left).add(merge.right));
  }
}
