/**
 * Ratings of single answers. Begin with {@link FeedbackStore}, which records ratings and the pairs
 * that edits and opposite ratings make; {@link AnswerLog} keeps the answers that can be rated and
 * is the only class here with threads of its own.
 *
 * <p>Tables: {@code answers} and {@code ratings}; {@code run_ratings} is written by {@code
 * training.worker} and erased here. Knows nothing of HTTP.
 */
@NullMarked
package dev.whetstone.preference.feedback;

import org.jspecify.annotations.NullMarked;
