# 3SLS of the paper's system by systemfit, timed: Rscript peers.R data.csv repetitions
# The last line printed: median seconds, then coefficients, then standard errors, then the version.

suppressMessages(library(systemfit))
given <- commandArgs(trailingOnly = TRUE)
data <- read.csv(given[1])
equations <- list(
  quality = productivity ~ log(education) + log(research) + log(patent) + manufacture,
  transform = manufacture ~ log(creativity) + log(information) + green + efficiency + productivity
)
instruments <- ~ log(education) + log(research) + log(patent) +
  log(creativity) + log(information) + green + efficiency

seconds <- numeric(0)
for (i in seq_len(as.integer(given[2]))) {
  start <- Sys.time()
  fit <- systemfit(equations, "3SLS", inst = instruments, data = data, methodResidCov = "noDfCor")
  b <- coef(fit)
  se <- sqrt(diag(vcov(fit)))
  seconds <- c(seconds, as.numeric(difftime(Sys.time(), start, units = "secs")))
}
cat(sprintf("%.17g", c(median(seconds), b, se)), format(packageVersion("systemfit")), "\n")
