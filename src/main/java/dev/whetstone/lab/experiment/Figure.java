package dev.whetstone.lab.experiment;

/**
 * A plot of an experiment, with a line for each arm.
 *
 * @param name of its file, behind the experiment's
 */
record Figure(String name, String title, Measure x, Measure y) {}
