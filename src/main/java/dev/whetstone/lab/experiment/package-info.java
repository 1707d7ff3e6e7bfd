/**
 * Experiments on the tiny model that anyone can repeat: {@code whetstone lab experiment}. An {@link
 * Experiment} lists its {@link Trial}s, each of which trains or plays something and measures the
 * policy that comes of it on a {@link ReviewBench}; what is measured at one x of one arm with one
 * seed becomes one {@link ExperimentRow}, a line of JSON, so that a stopped experiment goes on
 * where it was. {@link ExperimentReport} makes means over seeds of them, a table in Markdown and
 * plots in SVG, which appear whole or not at all. Begin with {@link ExperimentRunner}.
 */
@NullMarked
package dev.whetstone.lab.experiment;

import org.jspecify.annotations.NullMarked;
