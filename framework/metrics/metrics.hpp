// The metrics that several parts of elbo refer to. summary.hpp has the table of those that every run ends with.
#pragma once
#include "metrics/metric.hpp"

namespace elbo::host::metrics {

// Terms of the bound: means over a batch, over the data, and of each data point.

inline constexpr Metric elbo{.name = "elbo",
                             .unit = "nat",
                             .long_name = "E_q log p(x|z) - KL(q(z|x) || p(z)), a lower bound on log p(x)",
                             .better = Better::higher,
                             .log_likelihood = true,
                             .in_comparison = true,
                             .note = "with beta = 1, whatever was trained"};
inline constexpr Metric reconstruction{.name = "reconstruction",
                                       .unit = "nat",
                                       .long_name = "E_q log p(x|z)",
                                       .better = Better::higher,
                                       .log_likelihood = true,
                                       .in_comparison = true,
                                       .note =
                                           "log p(x|z) at z = E[z|x], and the only term, where the objective "
                                           "samples no latents"};
inline constexpr Metric kl{
    .name = "kl", .unit = "nat", .long_name = "KL(q(z|x) || p(z))", .better = Better::lower, .in_comparison = true};

// Of a step or an epoch only.

inline constexpr Metric loss{
    .name = "loss", .unit = "nat", .long_name = "what is minimised, per data point", .better = Better::lower};
inline constexpr Metric objective{
    .name = "objective", .unit = "nat", .long_name = "what is maximised, per data point", .better = Better::higher};
inline constexpr Metric kl_sampled{.name = "kl_sampled",
                                   .unit = "nat",
                                   .long_name = "mean over samples of log q(z|x) - log p(z)",
                                   .note = "a check of the closed form; not in `/test`"};
inline constexpr Metric kl_per_dim{.name = "kl_per_dim",
                                   .unit = "nat",
                                   .long_name = "KL divergence of each latent dimension",
                                   .note = "where it has a closed form; not in `/steps`"};
inline constexpr Metric learning_rate{
    .name = "lr", .long_name = "learning rate", .label = "learning rate", .note = "not in `/test`"};
inline constexpr Metric epoch_seconds{.name = "seconds",
                                      .unit = "s",
                                      .long_name = "time of the training steps in this epoch",
                                      .basis = Basis::machine,
                                      .label = "seconds an epoch",
                                      .note = "only in `/train`"};
inline constexpr Metric samples_per_second{.name = "samples_per_second",
                                           .unit = "1/s",
                                           .long_name = "training data per second",
                                           .basis = Basis::machine,
                                           .better = Better::higher,
                                           .label = "training data per second",
                                           .note = "only in `/train`"};

// The importance-weighted estimate of log p(x), and what is known of its errors.

inline constexpr Metric log_px{
    .name = "log_px",
    .unit = "nat",
    .long_name = "log p(x) by importance weights or by the ladder; a lower bound in expectation",
    .basis = Basis::first_test_data,
    .better = Better::higher,
    .log_likelihood = true,
    .label = "log p(x)",
    .in_comparison = true,
    .note = "the test data lie in drawn order, so that the first of them are a random sample"};
inline constexpr Metric log_px_samples{.name = "log_px_samples",
                                       .long_name = "importance samples K per data point",
                                       .basis = Basis::run,
                                       .label = "IW samples",
                                       .decimals = 0,
                                       .in_comparison = true};
inline constexpr Metric log_px_images{.name = "log_px_images",
                                      .long_name = "test data on which log_px is estimated",
                                      .basis = Basis::run,
                                      .label = "on test data",
                                      .decimals = 0,
                                      .in_comparison = true};
inline constexpr Metric log_px_se{.name = "log_px_se",
                                  .unit = "nat",
                                  .long_name = "standard error of log_px over test data",
                                  .basis = Basis::first_test_data};
inline constexpr Metric log_px_bias{
    .name = "log_px_bias",
    .unit = "nat",
    .long_name = "first-order bias of log_px, -CV^2 / 2K; NaN where Pareto k-hat is high or unknown",
    .basis = Basis::first_test_data,
    .note = "high: above 0.7 for more than 1 % of the data; of a ladder over the data that are trusted"};
inline constexpr Metric log_px_rise{.name = "log_px_rise",
                                    .unit = "nat",
                                    .long_name = "what the second half of the K samples added to log_px",
                                    .basis = Basis::first_test_data,
                                    .better = Better::lower,
                                    .note = "if it still rises, K is small"};
inline constexpr Metric gap{.name = "gap",
                            .unit = "nat",
                            .long_name = "log_px - elbo, on the same test data",
                            .basis = Basis::first_test_data,
                            .better = Better::lower,
                            .in_comparison = true};
inline constexpr Metric pareto_k_high{.name = "pareto_k_high",
                                      .long_name = "share of data whose weights have Pareto k-hat above 0.7",
                                      .basis = Basis::first_test_data,
                                      .better = Better::lower,
                                      .note = "from K = 25 on"};
inline constexpr Metric ess_median{.name = "ess_median",
                                   .long_name = "median effective sample size of the K weights (Kong 1992)",
                                   .basis = Basis::first_test_data,
                                   .better = Better::higher};
inline constexpr Metric ess_low{.name = "ess_low",
                                .long_name = "5 % quantile of the effective sample size",
                                .basis = Basis::first_test_data,
                                .better = Better::higher};

// The estimate of log p(x) by the ladder (evaluate.evidence = "ladder"), and its certificate.

inline constexpr Metric monte_carlo_se{.name = "monte_carlo_se",
                                       .unit = "nat",
                                       .long_name = "Monte Carlo standard error of log_px",
                                       .basis = Basis::first_test_data,
                                       .better = Better::lower,
                                       .note = "of a ladder; NaN where log_px is only a lower bound"};
inline constexpr Metric not_trusted{.name = "not_trusted",
                                    .long_name = "share of test data of which log_px is only a lower bound",
                                    .basis = Basis::first_test_data,
                                    .better = Better::lower,
                                    .note = "of a ladder"};
inline constexpr Metric rung{.name = "rung",
                             .long_name =
                                 "estimator of the ladder whose test passed: 0 encoder, 1 normal, 2 refined, "
                                 "3 again, 4 starts, 5 annealed; 6: none",
                             .basis = Basis::first_test_data,
                             .note = "see [the ladder](evaluating.md#the-ladder)"};
inline constexpr Metric passes{.name = "passes",
                               .long_name =
                                   "passes of a latent sample through the decoder; one with a gradient "
                                   "counts 2",
                               .basis = Basis::first_test_data,
                               .better = Better::lower,
                               .decimals = 0,
                               .note = "of a ladder"};
inline constexpr Metric certificate_passes{.name = "certificate_passes",
                                           .long_name = "the same for the certificate, in all",
                                           .basis = Basis::generated_data,
                                           .better = Better::lower,
                                           .decimals = 0};
inline constexpr Metric certificate_gap{
    .name = "certificate_gap",
    .unit = "nat",
    .long_name = "upper less lower bound of log p(x), mean over data drawn from the model",
    .basis = Basis::generated_data,
    .better = Better::lower,
    .note = "inf where an estimate of such a data point could not be trusted"};
inline constexpr Metric certificate_largest{.name = "certificate_largest",
                                            .unit = "nat",
                                            .long_name = "the same, of the data point with the largest",
                                            .basis = Basis::generated_data,
                                            .better = Better::lower};
inline constexpr Metric certificate_annealed{
    .name = "certificate_annealed",
    .unit = "nat",
    .long_name = "annealed importance sampling less log_px, mean over the first few test data",
    .basis = Basis::first_test_data};
inline constexpr Metric certificate_annealed_se{.name = "certificate_annealed_se",
                                                .unit = "nat",
                                                .long_name = "Monte Carlo standard error of certificate_annealed",
                                                .basis = Basis::first_test_data,
                                                .better = Better::lower};
inline constexpr Metric modes{.name = "modes",
                              .long_name = "most modes that a posterior of the first few test data has",
                              .basis = Basis::first_test_data,
                              .decimals = 0};

/// Only where log_px is of fewer test data than the elbo; the reports compute it.
inline constexpr Metric elbo_of_same_data{.name = "elbo_of_same_data",
                                          .unit = "nat",
                                          .long_name = "elbo of the test data that log_px is estimated on",
                                          .basis = Basis::first_test_data,
                                          .better = Better::higher,
                                          .label = "elbo"};

// Of each data point only.

inline constexpr Metric row{
    .name = "row", .long_name = "place of the data point in its file, from 0", .note = "not of generated data"};
inline constexpr Metric group{
    .name = "group",
    .long_name = "number of the group whose data points depend on each other",
    .note = "where dataset.groups names them: standard errors of comparisons are over groups"};
inline constexpr Metric bias{.name = "bias",
                             .unit = "nat",
                             .long_name = "first-order bias of log_px, -CV^2 / 2K",
                             .basis = Basis::first_test_data};
inline constexpr Metric ess{.name = "ess",
                            .long_name = "effective sample size of the K weights",
                            .basis = Basis::first_test_data,
                            .better = Better::higher};
inline constexpr Metric pareto_k{.name = "pareto_k",
                                 .long_name = "Pareto k-hat of the largest of the K weights",
                                 .basis = Basis::first_test_data,
                                 .better = Better::lower};
inline constexpr Metric log_p_total{.name = "log_p_total",
                                    .unit = "nat",
                                    .long_name = "log P(total) of a distribution fitted to the training totals",
                                    .note = "beside a multinomial"};

// References that a bound is held against.

inline constexpr Metric exact_log_px{.name = "exact_log_px",
                                     .unit = "nat",
                                     .long_name = "exact log p(x) of the distribution that generated the data",
                                     .basis = Basis::first_test_data,
                                     .log_likelihood = true,
                                     .label = "exact log p(x)",
                                     .in_comparison = true,
                                     .note = "where it is known"};
inline constexpr Metric log_px_minus_exact_se{
    .name = "log_px_minus_exact_se",
    .unit = "nat",
    .long_name = "standard error of the mean difference of log_px and exact_log_px",
    .basis = Basis::first_test_data};
inline constexpr Metric without_latents{
    .name = "without_latents",
    .unit = "nat",
    .long_name = "log p(x) with the parameters of the training marginals, without latents",
    .log_likelihood = true,
    .label = "without latents",
    .in_comparison = true,
    .note = "what the likelihood starts at; the rest is gained by the latents"};

inline constexpr Metric bits_per_dim{.name = "bits_per_dim",
                                     .unit = "bit",
                                     .long_name = "-log_px / (D ln 2), or -elbo / (D ln 2) without log_px",
                                     .basis = Basis::first_test_data,
                                     .better = Better::lower,
                                     .label = "bits/dim",
                                     .decimals = 4,
                                     .in_comparison = true,
                                     .note = "for probabilities of levels"};
inline constexpr Metric non_finite{.name = "non_finite",
                                   .long_name = "test data whose bound is not finite",
                                   .better = Better::lower,
                                   .decimals = 0,
                                   .note = "R12"};

// Validation data.

inline constexpr Metric valid_elbo{.name = "valid_elbo",
                                   .unit = "nat",
                                   .long_name = "elbo of the validation data, by which the best of a sweep is chosen",
                                   .basis = Basis::validation_data,
                                   .better = Better::higher,
                                   .label = "validation elbo",
                                   .in_comparison = true,
                                   .note =
                                       "with the final weights; see [the best of a sweep]"
                                       "(comparing.md#the-best-of-a-sweep)"};
inline constexpr Metric valid_data{
    .name = "valid_data", .long_name = "validation data", .basis = Basis::validation_data, .decimals = 0};

// The latents, the model and its training.

inline constexpr Metric latents{
    .name = "latents", .long_name = "latent dimensions", .basis = Basis::run, .decimals = 0};
inline constexpr Metric active_units{.name = "active_units",
                                     .long_name = "latent dimensions with Var_x(E[z|x]) > 0.01 (Burda et al. 2016)",
                                     .label = "active units",
                                     .decimals = 0,
                                     .in_comparison = true};
inline constexpr Metric parameters{
    .name = "parameters", .long_name = "trained values", .basis = Basis::run, .decimals = 0, .in_comparison = true};
inline constexpr Metric epochs{
    .name = "epochs", .long_name = "epochs trained", .basis = Basis::run, .decimals = 0, .in_comparison = true};
inline constexpr Metric best_epoch{
    .name = "best_epoch",
    .long_name = "epoch whose weights are evaluated here and kept: the best elbo on the validation data",
    .basis = Basis::validation_data,
    .decimals = 0,
    .note =
        "where early stopping restores the best weights; the last snapshot of `/latents` and `/images` is theirs, "
        "too"};
inline constexpr Metric best_valid_elbo{.name = "best_valid_elbo",
                                        .unit = "nat",
                                        .long_name = "elbo of those weights on the validation data",
                                        .basis = Basis::validation_data,
                                        .better = Better::higher,
                                        .note = "the highest of all passes"};
inline constexpr Metric train_seconds{.name = "train_seconds",
                                      .unit = "s",
                                      .long_name = "time of the training steps: batch, forward, backward, update",
                                      .basis = Basis::machine,
                                      .better = Better::lower,
                                      .label = "training time",
                                      .decimals = 1,
                                      .in_comparison = true,
                                      .note = "without test passes, logs, checkpoints and the final evaluation"};
inline constexpr Metric images_per_second{.name = "images_per_second",
                                          .unit = "1/s",
                                          .long_name = "training data in one second of train_seconds",
                                          .basis = Basis::machine,
                                          .better = Better::higher};
inline constexpr Metric runs_beside{.name = "runs_beside",
                                    .long_name = "other runs on the same machine during training, at most",
                                    .basis = Basis::machine,
                                    .note = "NaN of a run that was resumed"};
inline constexpr Metric load{
    .name = "load",
    .long_name = "processes that ran or waited for a processor, over the last minute of training",
    .basis = Basis::machine};
inline constexpr Metric waited{.name = "waited",
                               .long_name = "share of the training in which the run waited for a processor",
                               .basis = Basis::machine,
                               .note = "NaN where the system does not say it"};

}  // namespace elbo::host::metrics
