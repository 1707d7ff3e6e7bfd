package dev.whetstone.lab.experiment;

import java.util.List;

/** A question to the learner, which trials over arms and seeds answer. */
public interface Experiment {
  /** The arm of the base as it is: plots show it as a line across. */
  String BASE = "v0";

  /** The name on the command line and in the file. */
  String name();

  /** What it asks, in one line. */
  String description();

  /** What it varies. */
  Measure x();

  /** The columns of its table. */
  List<Measure> measures();

  List<Figure> figures();

  /** All of its work, in the order in which it is done: a seed after the other. */
  List<Trial> trials(List<Long> seeds);
}
