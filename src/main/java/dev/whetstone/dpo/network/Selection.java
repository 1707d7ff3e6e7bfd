package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.whetstone.dpo.torch.TorchOps;

/** The tokens whose output a block computes. */
sealed interface Selection {
  /** Every token, as the next block needs them. */
  record All() implements Selection {
    @Override
    public NDArray select(NDArray rows) {
      return rows;
    }

    @Override
    public NDArray scatter(NDArray gradients) {
      return gradients;
    }
  }

  /**
   * Some tokens, as the head needs them; a token may be selected several times.
   *
   * @param ids {@code [selected]} indices as a tensor
   * @param sources the same indices; runs of consecutive ones are added in one operation
   * @param tokens number of tokens to select from
   */
  record Some(NDArray ids, int[] sources, int tokens) implements Selection {
    @Override
    public NDArray select(NDArray rows) {
      return TorchOps.indexSelect(rows, ids);
    }

    @Override
    public NDArray scatter(NDArray gradients) {
      NDArray all = gradients.getManager().zeros(new Shape(tokens, gradients.getShape().get(1)));
      addRows(all, gradients, sources);
      return all;
    }
  }

  /** Adds row i of {@code rows} to row {@code to[i]} of another matrix. */
  static void addRows(NDArray all, NDArray rows, int[] to) {
    for (int from = 0; from < to.length; ) {
      int end = from + 1;
      while (end < to.length && to[end] == to[end - 1] + 1) {
        end++;
      }
      TorchOps.slice(all, 0, to[from], to[from] + end - from)
          .addi(TorchOps.slice(rows, 0, from, end));
      from = end;
    }
  }

  Selection ALL = new All();

  static Selection of(NDManager manager, int[] sources, int tokens) {
    return new Some(TorchOps.ids(manager, sources), sources, tokens);
  }

  /** The selected rows of {@code [tokens, width]}. */
  NDArray select(NDArray rows);

  /** The gradient of all rows, given that of the selected ones; rows not selected get zero. */
  NDArray scatter(NDArray gradients);
}
