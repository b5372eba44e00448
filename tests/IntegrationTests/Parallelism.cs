// One stack at a time: each is a whole system with its servers, and a small machine must not decide a test by its load.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
